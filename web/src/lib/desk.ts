// What the desk looks at: a filter of its own defaults, kept in the address like that of the list.
import type { Query } from '../api/client'
import type { Attention, Issue, State } from '../api/types'
import { formatFilters, issueQuery, parseFilters, type Filters } from './filters'

/** The box of the map that the queue is limited to: west, south, east, north. */
export type Box = [number, number, number, number]

export interface DeskFilters extends Filters {
  box: Box | null
  /** What has ended is in the queue, too. */
  ended: boolean
}

export function parseBox(text: string | null): Box | null {
  const edges = (text ?? '').split(',').map(Number)
  return text && edges.length === 4 && edges.every(Number.isFinite) ? (edges as Box) : null
}

/** Reads an address: a desk has all that is open, what is due first. */
export function parseDesk(query: URLSearchParams): DeskFilters {
  const filters = parseFilters(query)
  const dated = ['range', 'from', 'reported_from'].some((key) => query.has(key))
  const ended = query.get('ended') === 'true'
  return {
    ...filters,
    range: dated ? filters.range : { tag: 'all' },
    sort: query.has('sort') || ended ? filters.sort : 'due',
    open: !ended,
    ended,
    box: parseBox(query.get('box')),
  }
}

/** The address of the filters: only what differs from the desk's defaults. */
export function formatDesk(filters: DeskFilters): string {
  const query = new URLSearchParams(formatFilters(filters))
  query.delete('open')
  if (filters.range.tag === 'all') query.delete('range')
  else if (filters.range.tag === 'days') query.set('range', String(filters.range.days))
  if (filters.sort === 'due') query.delete('sort')
  else query.set('sort', filters.sort)
  if (filters.ended) query.set('ended', 'true')
  if (filters.box) query.set('box', filters.box.map((edge) => edge.toFixed(5)).join(','))
  const text = query.toString()
  return text ? `?${text}` : ''
}

/** The address of the desk with the filters and the chosen issue. */
export function deskAddress(filters: DeskFilters, at: string | null): string {
  const query = new URLSearchParams(formatDesk(filters))
  if (at) query.set('at', at)
  const text = query.toString()
  return `/desk${text ? `?${text}` : ''}`
}

/** The query of the queue. */
export function deskQuery(filters: DeskFilters, today: string): Query {
  return {
    ...issueQuery(filters, today),
    open: filters.ended ? null : true,
    bbox: filters.box?.join(',') ?? null,
  }
}

/** The decisions to take, each a part of the queue. */
export const TABS = [
  { id: 'all', states: [], attention: null, ended: false },
  { id: 'to_accept', states: ['reported', 'verifying', 'self_handled'], attention: null },
  { id: 'to_dispatch', states: ['filed'], attention: null },
  { id: 'returned', states: [], attention: 'returned' },
  { id: 'requests', states: [], attention: 'request_open' },
  { id: 'arbitration', states: ['arbitration'], attention: null },
  // An appeal may be about what is closed.
  { id: 'appeals', states: [], attention: 'appeal_open', ended: true },
  { id: 'whistles', states: [], attention: 'whistle_open' },
  { id: 'owed', states: [], attention: 'reply_owed', ended: true },
] as const satisfies readonly {
  id: string
  states: readonly State[]
  attention: Attention | null
  ended?: boolean
}[]
export type Tab = (typeof TABS)[number]

export function tabPatch(tab: Tab): Partial<DeskFilters> {
  const ended = 'ended' in tab && tab.ended
  return {
    states: [...tab.states],
    attention: tab.attention,
    ended,
    open: !ended,
    sort: ended ? 'newest' : 'due',
  }
}

export function tabOf(filters: DeskFilters): Tab | null {
  const states = filters.states.join(',')
  return (
    TABS.find((tab) => tab.states.join(',') === states && tab.attention === filters.attention) ??
    null
  )
}

/** The same tab without anything that narrows it; null when nothing does. */
export function widened(filters: DeskFilters): DeskFilters | null {
  const tab = tabOf(filters)
  const wide = { ...parseDesk(new URLSearchParams()), ...(tab && tabPatch(tab)) }
  const isNarrow = formatDesk({ ...filters, sort: wide.sort }) !== formatDesk(wide)
  return isNarrow ? { ...wide, sort: filters.sort } : null
}

/** What a tab opens: the form at hand, where it is offered. */
export const FORM_OF: Partial<Record<Tab['id'], readonly string[]>> = {
  returned: ['dispatch'],
  arbitration: ['rule'],
  appeals: ['uphold_appeal'],
  whistles: ['judge_arrival'],
}

/** How far the numbers of the tabs and of the queue are counted. */
export const TAB_COUNT_MAX = 100
export const QUEUE_COUNT_MAX = 1000

/** The keys of the desk. `r` sends back, in whatever way the state has. */
export const KEY_ACTIONS: Record<string, readonly string[]> = {
  a: ['file', 'approve', 'accept', 'pass', 'close'],
  d: ['dispatch', 'rule'],
  r: ['reject', 'refuse', 'return', 'fail', 'decline_request'],
  m: ['merge'],
}

const BUTTONS: readonly string[] = ['checkbox', 'radio', 'button']

/** Whether keys belong to what is being written. */
export function isTyping(
  target: { tagName?: string; type?: string; isContentEditable?: boolean } | null,
): boolean {
  if (!target?.tagName) return false
  if (target.isContentEditable || ['TEXTAREA', 'SELECT'].includes(target.tagName)) return true
  return target.tagName === 'INPUT' && !BUTTONS.includes(target.type ?? '')
}

/** The rows that a window of a long list shows, and those just outside it. */
export function windowRows(
  top: number,
  height: number,
  row: number,
  total: number,
  beyond = 6,
): { from: number; to: number } {
  const from = Math.max(0, Math.floor(top / row) - beyond)
  const to = Math.min(total, Math.ceil((top + height) / row) + beyond)
  return { from: Math.min(from, to), to }
}

export type Group = 'overdue' | 'today' | 'week' | 'later' | 'suspended' | 'none'
export const GROUPS: readonly Group[] = ['overdue', 'today', 'week', 'later', 'none', 'suspended']

/** Which part of the inbox an issue is in. Days are local ones, `YYYY-MM-DD`; a week ends on Sunday. */
export function groupOf(
  issue: { state: State; due: string | null; dueDay: string | null },
  now: string,
  today: string,
): Group {
  if (issue.state === 'suspended') return 'suspended'
  if (!issue.due || !issue.dueDay) return 'none'
  if (Date.parse(issue.due) < Date.parse(now)) return 'overdue'
  if (issue.dueDay <= today) return 'today'
  const day = new Date(`${today}T00:00:00Z`)
  const left = (7 - day.getUTCDay()) % 7
  day.setUTCDate(day.getUTCDate() + left)
  return issue.dueDay <= day.toISOString().slice(0, 10) ? 'week' : 'later'
}

/** Fills the braces of a template in. */
export function fillTemplate(
  text: string,
  values: { number: string; category: string; due: string },
): string {
  return text.replace(/\{(number|category|due)\}/g, (_, name: keyof typeof values) => values[name])
}

/** The answer to a question that a step has outrun: what the step itself gave is newer. */
export function isOutrun(answer: Issue, shown: Issue | undefined): boolean {
  return shown?.id === answer.id && answer.version < shown.version
}
