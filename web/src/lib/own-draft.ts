// One's own draft of a report: with its photos sealed where the device keeps anything, else its
// words in the tab.
import { send } from '../api/client'
import type { ReportBody, ReportReceipt } from '../api/types'
import { canKeep } from '../state/outbox.svelte'
import { dropDraft, emptyDraft, keepDraft, loadDraft, parseDraft, type Draft } from './draft'

export interface OwnDraft {
  draft: Draft
  photos: Blob[]
  voice: Blob | null
}

const sealed = () => import('../outbox/drafts')

/** Reads the owner's own draft; another's stays hidden. */
export async function loadOwnDraft(owner: string): Promise<OwnDraft> {
  const none = { draft: emptyDraft(), photos: [], voice: null }
  try {
    if (!(await canKeep())) return { ...none, draft: loadDraft() }
    const kept = await (await sealed()).loadSealedDraft(owner)
    return kept ? { ...kept, draft: parseDraft(JSON.stringify(kept.draft)) } : none
  } catch {
    // A draft that cannot be read is no reason not to report.
    return none
  }
}

/** Keeps what there is room for, and says what is on the screen alone. */
export async function keepOwnDraft(owner: string, own: OwnDraft): Promise<'photos' | 'all' | null> {
  if (!(await canKeep())) {
    keepDraft(own.draft)
    return null
  }
  const { keepSealedDraft } = await sealed()
  try {
    await keepSealedDraft(owner, own)
    return null
  } catch {
    if (!own.photos.length && !own.voice) return 'all'
  }
  try {
    // The words take next to no room: at least they outlive a closed page.
    await keepSealedDraft(owner, { draft: own.draft, photos: [], voice: null })
    return 'photos'
  } catch {
    return 'all'
  }
}

export async function dropOwnDraft(owner: string): Promise<void> {
  dropDraft()
  if (await canKeep()) await (await sealed()).dropSealedDraft(owner)
}

/** The place of the draft that becomes an item of the outbox. */
export async function placeOfDraft(owner: string): Promise<string> {
  return (await sealed()).placeOf(owner)
}

/** Straight to the server, where the device keeps nothing. */
export async function postDirectly(
  body: ReportBody,
  photos: Blob[],
  key: string,
): Promise<ReportReceipt> {
  const headers = { 'Idempotency-Key': key }
  if (!photos.length) return (await send<ReportReceipt>('/reports', { body, headers })).data
  const form = new FormData()
  form.set('report', new Blob([JSON.stringify(body)], { type: 'application/json' }))
  photos.forEach((photo, index) => form.append('photo', photo, `photo-${index + 1}.jpg`))
  return (await send<ReportReceipt>('/reports', { form, headers })).data
}
