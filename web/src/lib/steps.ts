// The log of an issue as its timeline shows it.
import type { IssueEvent, State } from '../api/types'
import { both, tCode } from '../i18n/index.svelte'

export interface Step {
  key: string | number
  at: string
  action: string
  who: string
  note: string | null
  state: State | null
}

/** The latest first. */
export const stepsOf = (events: IssueEvent[]): Step[] =>
  [...events]
    .sort((a, b) => b.seq - a.seq)
    .map((event) => ({
      key: event.seq,
      at: event.at,
      action: [both(event.action_name), event.data.assignee].filter(Boolean).join(' → '),
      note: event.note,
      state: event.from === event.to ? null : event.to,
      who: [
        event.actor.name ?? tCode('actor', event.actor.kind),
        event.actor.role ? tCode('role', event.actor.role) : '',
      ]
        .filter(Boolean)
        .join(' · '),
    }))
