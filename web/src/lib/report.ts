// From the draft to the body of a report, and what a draft still lacks.
import type { Category, ReportBody } from '../api/types'
import type { Draft } from './draft'

/** The parts of the form that are not complete, in the order of the form. */
export type Gap = 'position' | 'category' | 'text' | 'contact' | 'settle'

/** @param shown whether a photo or a voice note says what the matter is. */
export function reportGaps(draft: Draft, category: Category | null, shown = false): Gap[] {
  const gaps: Gap[] = []
  if (!draft.position) gaps.push('position')
  if (!category || (category.conditions.length > 0 && !draft.condition)) gaps.push('category')
  if (!draft.text.trim() && !shown) gaps.push('text')
  // One without the other cannot be called back; neither is allowed.
  if (!draft.anonymous && Boolean(draft.name.trim()) !== Boolean(draft.phone.trim()))
    gaps.push('contact')
  if (draft.settled && !draft.settleNote.trim()) gaps.push('settle')
  return gaps
}

export function reportBody(
  draft: Draft,
  category: Category | null,
  may: { settle: boolean },
): ReportBody {
  const body: ReportBody = {
    kind: draft.kind,
    category_code: category?.code ?? draft.category ?? '',
    severity: draft.kind === 'hazard' ? draft.severity : 'general',
    text: draft.text.trim(),
    position: draft.position ?? [0, 0],
    datum: 'wgs84',
    anonymous: draft.anonymous && (category?.anonymous_allowed ?? true),
  }
  if (draft.condition) body.condition_code = draft.condition
  if (draft.accuracyM !== null) body.accuracy_m = draft.accuracyM
  if (draft.address.trim()) body.address = draft.address.trim()
  if (!body.anonymous && draft.name.trim() && draft.phone.trim()) {
    body.contact = { name: draft.name.trim(), phone: draft.phone.trim() }
  }
  // The words come from what was chosen when a photo or a voice tells the rest.
  if (!body.text && category) {
    const condition = category.conditions.find((one) => one.code === draft.condition)
    body.text = [category.name, condition?.text].filter(Boolean).join('：')
  }
  if (may.settle && draft.settled) body.settle = { note: draft.settleNote.trim() }
  return body
}
