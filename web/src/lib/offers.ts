// Which actions of the server's offer this interface can draw.
import type { ActionField, ActionOffer, FieldKind, Issue } from '../api/types'

const DRAWN: Record<FieldKind, true> = {
  text: true,
  department: true,
  departments: true,
  date: true,
  issue: true,
  choice: true,
  category: true,
  place: true,
  position: true,
  handler: true,
  photos: true,
  line: true,
  lines: true,
  instant: true,
  dates: true,
  parties: true,
}

const isDrawn = (field: ActionField) => Object.hasOwn(DRAWN, field.kind)

/** The fields of a form. A field that is told twice, as needed and as optional, is drawn once: the
 * needed one comes first. */
export function drawnFields(offer: ActionOffer): ActionField[] {
  const names = new Set<string>()
  return offer.fields.filter((field) => {
    if (names.has(field.name) || !isDrawn(field)) return false
    names.add(field.name)
    return true
  })
}

/** Whether a person could fill in the form: nothing that it demands is of an unknown kind, and it
 * does not come down to nothing. */
export function canDraw(offer: ActionOffer): boolean {
  const { fields } = offer
  if (fields.some((field) => field.required && !isDrawn(field))) return false
  return fields.length === 0 || fields.some(isDrawn)
}

/** Whether a step decides what a department has asked for: it stands beside the request. */
export function decides({ supervision: { asked } }: Issue, { action }: ActionOffer): boolean {
  if (!asked) return false
  return (
    action === 'decline_request' || action === (asked.ask === 'extension' ? 'extend' : 'suspend')
  )
}

/** The panel that an action opens: some are told to the server by a route of their own. */
export function panelOf(offer: ActionOffer): 'form' | 'parties' | 'read_parties' | 'agreement' {
  if (offer.fields.some((field) => field.kind === 'parties')) return 'parties'
  if (offer.action === 'read_parties') return 'read_parties'
  return offer.action === 'record_agreement' ? 'agreement' : 'form'
}
