// The metrics that the map can show, with scales that do not change over time: a colour means the
// same in every week and every district. The colours are ColorBrewer's RdYlBu and a one-hue blue;
// both stay apart for colour-blind eyes, and the order is also one of lightness within each half.

export const LAYERS = ['hexagon', 'grid', 'community', 'street', 'none'] as const
export type LayerId = (typeof LAYERS)[number]

export const METRICS = [
  'closing_rate',
  'on_time_closing_rate',
  'filing_rate',
  'dispatch_accuracy',
  'rework_rate',
  'backlog',
  'reported',
] as const
export type MetricId = (typeof METRICS)[number]

/** Below this many issues a value is drawn weakest; below the second, weaker. */
export const N_TINY = 5
export const N_SMALL = 20

export interface Scale {
  /** Upper bounds of all classes but the last. A value on a bound belongs to the class above. */
  breaks: readonly number[]
  colors: readonly string[]
  unit: 'rate' | 'count'
}

const BAD_TO_GOOD = ['#c2272d', '#f28d52', '#fbe7a1', '#9ccbe3', '#2c6fb0'] as const
const GOOD_TO_BAD = ['#2c6fb0', '#9ccbe3', '#fbe7a1', '#f28d52', '#c2272d'] as const
const FEW_TO_MANY = ['#dbe9f6', '#a6cbe5', '#62a3cf', '#2d72b2', '#123f7c'] as const

const SCALES: Record<MetricId, Scale> = {
  closing_rate: { breaks: [0.6, 0.75, 0.85, 0.95], colors: BAD_TO_GOOD, unit: 'rate' },
  on_time_closing_rate: { breaks: [0.6, 0.75, 0.85, 0.95], colors: BAD_TO_GOOD, unit: 'rate' },
  filing_rate: { breaks: [0.6, 0.75, 0.85, 0.95], colors: BAD_TO_GOOD, unit: 'rate' },
  dispatch_accuracy: { breaks: [0.7, 0.8, 0.9, 0.97], colors: BAD_TO_GOOD, unit: 'rate' },
  rework_rate: { breaks: [0.02, 0.05, 0.1, 0.2], colors: GOOD_TO_BAD, unit: 'rate' },
  backlog: { breaks: [2, 5, 10, 25], colors: FEW_TO_MANY, unit: 'count' },
  reported: { breaks: [5, 20, 60, 200], colors: FEW_TO_MANY, unit: 'count' },
}

export function scaleOf(metric: MetricId): Scale {
  return SCALES[metric]
}

/** The class of a value, or null when it is unknown. */
export function classOf(metric: MetricId, value: number | null): number | null {
  if (value === null || Number.isNaN(value)) return null
  const index = SCALES[metric].breaks.findIndex((bound) => value < bound)
  return index < 0 ? SCALES[metric].breaks.length : index
}

/** The bounds of the classes, from low to high; `null` is open. */
export function classBounds(metric: MetricId): { low: number | null; high: number | null }[] {
  const { breaks } = SCALES[metric]
  return [...breaks, null].map((high, index) => ({ low: index ? breaks[index - 1]! : null, high }))
}

/** How strongly a value is drawn: few issues say little. Counts are certain whatever they are. */
export function weightOf(metric: MetricId, n: number): 0 | 1 | 2 {
  if (SCALES[metric].unit === 'count' || n >= N_SMALL) return 2
  return n < N_TINY ? 0 : 1
}

/** The measure that lists exactly the issues which a number counts. */
export function measureOf(metric: MetricId, part: 'numerator' | 'denominator'): string {
  if (metric === 'backlog') return 'open'
  return metric === 'reported' ? 'reported' : `${metric}.${part}`
}

/** The H3 resolution that gives hexagons of about 25 to 65 pixels at a zoom of the map. */
export function resolutionAt(zoom: number): number {
  return Math.max(5, Math.min(10, Math.floor((zoom - 11) / 1.4 + 8)))
}
