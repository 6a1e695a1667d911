// The heatmap's question, kept in the address, and how two periods are compared. Plain functions:
// no interface, no server.
import type { Query } from '../api/client'
import type { AreaMetrics, CellProps, Kind } from '../api/types'
import { KINDS } from '../api/types'
import { measureOf, N_SMALL, N_TINY, scaleOf, type MetricId } from '../map/scales'
import type { Drawn, DrawnProps } from '../map/values'
import { addDays } from './format'

/** What is drawn, each for itself: shares, counts and ages are never mixed into one score. */
export const HEAT_METRICS = {
  rate: ['closing_rate', 'on_time_closing_rate', 'filing_rate', 'dispatch_accuracy', 'rework_rate'],
  count: ['reported', 'backlog'],
  age: ['age'],
} as const
export type HeatLayer = keyof typeof HEAT_METRICS
export const HEAT_LAYERS = ['rate', 'count', 'age'] as const
/** `age` is the median age of what is open, in days. */
export type HeatMetric = MetricId | 'age'
export const HEAT_PLACES = ['hexagon', 'grid', 'community', 'street'] as const
export type HeatPlace = (typeof HEAT_PLACES)[number]

export interface Span {
  from: string
  to: string
}
export interface Heat {
  metric: HeatMetric
  place: HeatPlace
  span: Span
  /** The earlier period that the span is compared with. */
  past: Span | null
  kind: Kind | null
  category: string | null
  department: string | null
}

const DAY = /^\d{4}-\d{2}-\d{2}$/
const isDay = (text: string | null): text is string =>
  text !== null && DAY.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`))
const DEFAULT_DAYS = 90

export function layerOf(metric: HeatMetric): HeatLayer {
  return HEAT_LAYERS.find((layer) => HEAT_METRICS[layer].some((one) => one === metric)) ?? 'rate'
}

function spanOf(query: URLSearchParams, prefix: string): Span | null {
  const [from, to] = [query.get(`${prefix}from`), query.get(`${prefix}to`)]
  if (!isDay(from) || !isDay(to)) return null
  return from <= to ? { from, to } : { from: to, to: from }
}

/** Reads an address; what is not understood falls back to the default. */
export function parseHeat(query: URLSearchParams, today: string): Heat {
  const all = HEAT_LAYERS.flatMap((layer) => HEAT_METRICS[layer] as readonly HeatMetric[])
  return {
    metric: all.find((one) => one === query.get('metric')) ?? 'closing_rate',
    place: HEAT_PLACES.find((one) => one === query.get('place')) ?? 'hexagon',
    span: spanOf(query, '') ?? { from: addDays(today, 1 - DEFAULT_DAYS), to: today },
    past: spanOf(query, 'past_'),
    kind: KINDS.find((one) => one === query.get('kind')) ?? null,
    category: query.get('category') || null,
    department: query.get('department') || null,
  }
}

/** The address of a question: everything that was chosen stands in it. */
export function formatHeat(heat: Heat): string {
  const query = new URLSearchParams({ from: heat.span.from, to: heat.span.to })
  if (heat.metric !== 'closing_rate') query.set('metric', heat.metric)
  if (heat.place !== 'hexagon') query.set('place', heat.place)
  if (heat.past) {
    query.set('past_from', heat.past.from)
    query.set('past_to', heat.past.to)
  }
  for (const key of ['kind', 'category', 'department'] as const) {
    const value = heat[key]
    if (value) query.set(key, value)
  }
  return `?${query}`
}

/** What the server is asked for. What is open has no day, so of a span that has ended it is asked
 * for as it stood then. */
export function heatQuery(heat: Heat, span: Span, today: string): Query {
  const { kind, category, department } = heat
  const stands = heat.metric === 'age' || heat.metric === 'backlog'
  return { ...span, kind, category, department, as_of: stands && span.to < today ? span.to : null }
}

export function daysOf({ from, to }: Span): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000) + 1
}

/** The period of the same length right before. */
export function before(span: Span): Span {
  const days = daysOf(span)
  return { from: addDays(span.from, -days), to: addDays(span.from, -1) }
}

export function shift({ from, to }: Span, days: number): Span {
  return { from: addDays(from, days), to: addDays(to, days) }
}

/** A number of a place, with what it rests on. */
export interface Known {
  value: number | null
  n: number
  low: number | null
  high: number | null
}
export const UNKNOWN: Known = { value: null, n: 0, low: null, high: null }

const numberOf = (value: unknown) => (typeof value === 'number' ? value : null)
const DAY_MS = 86_400_000

/** The interval in which a count would lie again by chance (a Poisson count, by its square root). */
export function countInterval(n: number): [number, number] {
  const spread = 1.96 * Math.sqrt(n)
  return [Math.max(0, n - spread), n === 0 ? 3.7 : n + spread]
}

function knownCount(n: number): Known {
  const [low, high] = countInterval(n)
  return { value: n, n, low, high }
}

function knownAge(ms: number | null, open: number): Known {
  return { value: ms === null ? null : ms / DAY_MS, n: open, low: null, high: null }
}

/** A metric of a hexagon, whose properties hold every metric flat. */
export function knownOfCell(props: CellProps, metric: HeatMetric): Known {
  const open = numberOf(props.open) ?? 0
  if (metric === 'age') return knownAge(numberOf(props.age_median_ms), open)
  if (metric === 'backlog') return knownCount(open)
  if (metric === 'reported') return knownCount(numberOf(props.reported) ?? props.n)
  const n = numberOf(props[`${metric}_denominator`]) ?? 0
  if (n <= 0) return UNKNOWN
  return {
    value: numberOf(props[metric]),
    n,
    low: numberOf(props[`${metric}_low`]),
    high: numberOf(props[`${metric}_high`]),
  }
}

/** A metric of an area; an area of which nothing is counted is unknown, not zero. */
export function knownOfArea(item: AreaMetrics['items'][number], metric: HeatMetric): Known {
  if (item.unknown) return UNKNOWN
  const { metrics } = item
  if (metric === 'age') return knownAge(metrics.backlog.age_median_ms, metrics.backlog.open)
  if (metric === 'backlog') return knownCount(metrics.backlog.open)
  if (metric === 'reported') return knownCount(metrics.reported)
  const rate = metrics[metric] as AreaMetrics['items'][number]['metrics']['closing_rate'] & {
    interval?: [number, number] | null
  }
  if (rate.denominator <= 0) return UNKNOWN
  return {
    value: rate.value,
    n: rate.denominator,
    low: rate.interval?.[0] ?? null,
    high: rate.interval?.[1] ?? null,
  }
}

/** What became of a number between two periods. */
export type Change =
  | { tag: 'unknown' }
  /** The intervals overlap: what looks like a change may be chance. */
  | { tag: 'unclear'; by: number }
  | { tag: 'changed'; by: number }

export function changeOf(now: Known, past: Known): Change {
  if (now.value === null || past.value === null) return { tag: 'unknown' }
  const by = now.value - past.value
  if (now.low === null || now.high === null || past.low === null || past.high === null) {
    return { tag: 'unclear', by }
  }
  const apart = now.low > past.high || past.low > now.high
  return apart ? { tag: 'changed', by } : { tag: 'unclear', by }
}

export interface HeatScale {
  /** Upper bounds of all classes but the last. */
  breaks: readonly number[]
  colors: readonly string[]
  unit: 'rate' | 'count' | 'days'
}

/** Age in days; ColorBrewer's YlOrBr, apart from the scales of rates and counts. */
const AGE: HeatScale = {
  breaks: [3, 7, 15, 30],
  colors: ['#fff3c4', '#fed976', '#fd9a3c', '#d95f0e', '#8c2d04'],
  unit: 'days',
}
/** ColorBrewer's PuOr: diverging, and apart for colour-blind eyes. The middle is "not enough to
 * tell", and is no class of the difference. */
const APART = ['#b35806', '#f1a340', '#c9ced3', '#998ec3', '#542788'] as const
export const UNCLEAR_RANK = 2

export function heatScale(metric: HeatMetric): HeatScale {
  return metric === 'age' ? AGE : scaleOf(metric)
}

/** The fixed bounds of a difference: a share by points, a count by issues. */
export function changeScale(metric: HeatMetric): HeatScale {
  const unit = heatScale(metric).unit
  const step = unit === 'rate' ? 0.15 : 20
  return { breaks: [-step, 0, 0, step], colors: APART, unit }
}

export function rankOf(scale: HeatScale, value: number | null): number {
  if (value === null || Number.isNaN(value)) return -1
  const index = scale.breaks.findIndex((bound) => value < bound)
  return index < 0 ? scale.breaks.length : index
}

export function changeRank(metric: HeatMetric, change: Change): number {
  if (change.tag === 'unknown') return -1
  if (change.tag === 'unclear' || change.by === 0) return UNCLEAR_RANK
  const [step] = changeScale(metric).breaks as [number, ...number[]]
  if (change.by < 0) return change.by < step ? 0 : 1
  return change.by > -step ? 4 : 3
}

/** A place as it is drawn, with what is told of it. */
export interface Told {
  id: string
  name: string
  now: Known
  past: Known | null
  change: Change | null
}

export function told(id: string, name: string, now: Known, past: Known | null): Told {
  return { id, name, now, past, change: past && changeOf(now, past) }
}

function weightOf(one: Told, metric: HeatMetric): 0 | 1 | 2 {
  if (one.change || heatScale(metric).unit !== 'rate' || one.now.n >= N_SMALL) return 2
  return one.now.n < N_TINY ? 0 : 1
}

/** The places with their shapes; a shape that nothing is told of is unknown. */
export function drawTold(
  shapes: readonly { id: string; name: string; geometry: GeoJSON.Geometry }[],
  all: ReadonlyMap<string, Told>,
  metric: HeatMetric,
): Drawn {
  const features = shapes.map(({ id, name, geometry }) => {
    const one = all.get(id) ?? told(id, name, UNKNOWN, null)
    const rank = one.change
      ? changeRank(metric, one.change)
      : rankOf(heatScale(metric), one.now.value)
    const properties: DrawnProps = {
      id,
      name,
      value: one.now.value,
      n: one.now.n,
      rank,
      weight: weightOf(one, metric),
      label: '',
    }
    return { type: 'Feature' as const, geometry, properties }
  })
  return { type: 'FeatureCollection', features }
}

/** The measure that lists the issues behind a number. */
export function heatMeasure(metric: HeatMetric): string {
  return metric === 'age' ? 'open' : measureOf(metric, 'denominator')
}

/** Every day from first to last with its reports; days that the server left out are zero. */
export function histogram(
  series: readonly { day: string; reported: number }[],
  { from, to }: Span,
): { day: string; n: number }[] {
  const known = new Map(series.map((one) => [one.day, one.reported]))
  return Array.from({ length: Math.max(0, daysOf({ from, to })) }, (_, at) => {
    const day = addDays(from, at)
    return { day, n: known.get(day) ?? 0 }
  })
}

/** Moves one end of a span, or all of it, without leaving the timeline or turning it around. */
export function brush(span: Span, part: 'from' | 'to' | 'all', days: number, whole: Span): Span {
  const clamp = (day: string, low: string, high: string) =>
    day < low ? low : day > high ? high : day
  if (part === 'from') {
    return { from: clamp(addDays(span.from, days), whole.from, span.to), to: span.to }
  }
  if (part === 'to') {
    return { from: span.from, to: clamp(addDays(span.to, days), span.from, whole.to) }
  }
  const length = daysOf(span) - 1
  const from = clamp(addDays(span.from, days), whole.from, addDays(whole.to, -length))
  return { from, to: addDays(from, length) }
}
