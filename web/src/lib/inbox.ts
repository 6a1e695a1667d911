// Which part of an inbox one looks at.
import type { Query } from '../api/client'

/** All that the department leads, one's own, what nobody was named for, and what it assists with. */
export const PARTS = ['all', 'mine', 'nobody', 'assisting'] as const
export type Part = (typeof PARTS)[number]

export const parsePart = (text: string | null): Part => PARTS.find((part) => part === text) ?? 'all'

const WORKED_ON = 'dispatched,handling,suspended'

/** What an inbox asks for. */
export function inboxQuery(part: Part, department: string | null, account: string): Query {
  const sort = 'due_at'
  if (part === 'assisting') return { assisting: department, open: true, sort }
  const led = { state: WORKED_ON, open: true, department, sort }
  if (part === 'all') return led
  return { ...led, assignee: part === 'mine' ? account : 'none' }
}
