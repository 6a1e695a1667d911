// What the person looks at: kept in the address, so that it can be sent, kept and gone back to.
import type { Query } from '../api/client'
import {
  ATTENTIONS,
  KINDS,
  LIGHTS,
  RISKS,
  STATES,
  type Attention,
  type Kind,
  type Light,
  type Risk,
  type State,
} from '../api/types'
import { LAYERS, METRICS, type LayerId, type MetricId } from '../map/scales'
import { addDays } from './format'

export const RANGES_DAYS = [7, 30, 90, 180] as const
export type Range =
  { tag: 'days'; days: number } | { tag: 'all' } | { tag: 'dates'; from: string; to: string }

/** Newest first, oldest first, or what is due first. */
export const SORTS = ['newest', 'oldest', 'due'] as const
export type Sort = (typeof SORTS)[number]
const SORT_WIRE: Record<Sort, string> = {
  newest: '-reported_at',
  oldest: 'reported_at',
  due: 'due_at',
}

export interface Filters {
  range: Range
  kind: Kind | null
  category: string | null
  department: string | null
  layer: LayerId
  metric: MetricId
  /** Points of single issues on the map. */
  points: boolean
  states: State[]
  q: string
  area: string | null
  cell: string | null
  measure: string | null
  /** Only what is still open. */
  open: boolean
  sort: Sort
  /** The light of the total clock. */
  light: Light | null
  /** What someone should look at. */
  attention: Attention | null
  /** The colour of a dispute. */
  risk: Risk | null
}

export const DEFAULTS: Filters = {
  range: { tag: 'days', days: 90 },
  kind: null,
  category: null,
  department: null,
  layer: 'hexagon',
  metric: 'closing_rate',
  points: true,
  states: [],
  q: '',
  area: null,
  cell: null,
  measure: null,
  open: false,
  sort: 'newest',
  light: null,
  attention: null,
  risk: null,
}

const DAY = /^\d{4}-\d{2}-\d{2}$/
function isDay(text: string | null): text is string {
  return text !== null && DAY.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`))
}

function parseRange(query: URLSearchParams): Range {
  const from = query.get('from') ?? query.get('reported_from')
  const to = query.get('to') ?? query.get('reported_to')
  if (isDay(from) && isDay(to)) {
    return from <= to ? { tag: 'dates', from, to } : { tag: 'dates', from: to, to: from }
  }
  const text = query.get('range')
  if (text === 'all') return { tag: 'all' }
  const days = RANGES_DAYS.find((known) => String(known) === text)
  return days ? { tag: 'days', days } : DEFAULTS.range
}

function oneOf<T extends string>(values: readonly T[], text: string | null): T | null {
  return values.find((value) => value === text) ?? null
}

/** Reads an address. Anything that is not understood falls back to the default. */
export function parseFilters(query: URLSearchParams): Filters {
  const states = (query.get('state') ?? '').split(',')
  return {
    range: parseRange(query),
    kind: oneOf(KINDS, query.get('kind')),
    category: query.get('category') || null,
    department: query.get('department') || null,
    layer: oneOf(LAYERS, query.get('layer')) ?? DEFAULTS.layer,
    metric: oneOf(METRICS, query.get('metric')) ?? DEFAULTS.metric,
    points: query.get('points') !== 'off',
    states: STATES.filter((state) => states.includes(state)),
    q: query.get('q') ?? '',
    area: query.get('area') || null,
    cell: query.get('cell') || null,
    measure: query.get('measure') || null,
    open: query.get('open') === 'true',
    sort: oneOf(SORTS, query.get('sort')) ?? DEFAULTS.sort,
    light: oneOf(LIGHTS, query.get('light')),
    attention: oneOf(ATTENTIONS, query.get('attention')),
    risk: oneOf(RISKS, query.get('risk')),
  }
}

/** The address of the filters: only what differs from the default. */
export function formatFilters(filters: Filters): string {
  const query = new URLSearchParams()
  const put = (key: string, value: string | null, fallback: string | null = null) => {
    if (value && value !== fallback) query.set(key, value)
  }
  const { range } = filters
  if (range.tag === 'dates') {
    query.set('from', range.from)
    query.set('to', range.to)
  } else if (range.tag === 'all') {
    query.set('range', 'all')
  } else {
    put('range', String(range.days), '90')
  }
  put('kind', filters.kind)
  put('category', filters.category)
  put('department', filters.department)
  put('layer', filters.layer, DEFAULTS.layer)
  put('metric', filters.metric, DEFAULTS.metric)
  if (!filters.points) query.set('points', 'off')
  put('state', filters.states.join(','))
  put('q', filters.q)
  put('area', filters.area)
  put('cell', filters.cell)
  put('measure', filters.measure)
  if (filters.open) query.set('open', 'true')
  put('sort', filters.sort, DEFAULTS.sort)
  put('light', filters.light)
  put('attention', filters.attention)
  put('risk', filters.risk)
  const text = query.toString()
  return text ? `?${text}` : ''
}

/** "All time" in days: the server answers windows of up to 3,700 days. */
const ALL_DAYS = 3650

/** The inclusive local days of a range. */
export function windowOf(range: Range, today: string): { from: string; to: string } {
  switch (range.tag) {
    case 'all':
      return { from: addDays(today, 1 - ALL_DAYS), to: today }
    case 'dates':
      return { from: range.from, to: range.to }
    case 'days':
      return { from: addDays(today, 1 - range.days), to: today }
  }
}

/** The query of the metrics. */
export function metricQuery(filters: Filters, today: string): Query {
  const { kind, category, department } = filters
  return { ...windowOf(filters.range, today), kind, category, department }
}

/** Where the interface lists what an address of the API, such as `/api/v1/issues?cell=…`, lists. */
export function listAddress(api: string): string {
  const query = new URLSearchParams(api.split('?')[1] ?? '')
  return `/issues${formatFilters(parseFilters(query))}`
}

/** The query of the list and of the points: `from`/`to` belong to a measure, else it is the day of
 * the report that counts. */
export function issueQuery(filters: Filters, today: string): Query {
  const { from, to } = windowOf(filters.range, today)
  const { kind, category, department, area, cell, measure } = filters
  const window = measure ? { from, to } : { reported_from: from, reported_to: to }
  return {
    ...window,
    kind,
    category,
    department,
    area,
    cell,
    measure,
    state: filters.states.join(',') || null,
    q: filters.q || null,
    // What has ended keeps the time at which it was due, and would come first.
    open: filters.open || filters.sort === 'due' || null,
    light: filters.light,
    attention: filters.attention,
    risk: filters.risk,
    sort: SORT_WIRE[filters.sort],
  }
}
