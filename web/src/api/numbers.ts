// The wire types of numbers on the map and of live events.
import type { Both, Kind, Level, State } from './types'

export interface Rate {
  value: number | null
  numerator: number
  denominator: number
  definition: string
}
export interface Times {
  median: number | null
  p90: number | null
  n: number
}

export interface Metrics {
  reported: number
  filed: number
  dispatched: number
  closed: number
  open: number
  filing_rate: Rate
  dispatch_accuracy: Rate
  closing_rate: Rate
  on_time_closing_rate: Rate
  rework_rate: Rate
  backlog: {
    open: number
    age_median_ms: number | null
    age_p90_ms: number | null
    overdue?: number
    overdue_oldest_ms?: number | null
  }
  accept_ms: Times
  handle_ms: Times
  close_ms: Times
  mediation_rate: Rate
  response_rate: Rate
  resolution_rate: Rate
  satisfaction_rate: Rate
}
export interface MetricDefinition {
  id: string
  version: number
  label: string
  name: Both
  numerator: Both
  /** Counts and times say here that they have none. */
  denominator: Both
  unit: 'ratio' | 'count' | 'ms'
  /** The published number that this defines; variants of one rate share it. */
  metric: string
  /** Whether numbers are published by it now. */
  in_force: boolean
}
export interface Summary {
  as_of: string
  from: string
  to: string
  /** The code of the area that was asked for. */
  area: string | null
  n: number
  metrics: Metrics
  by_state: Partial<Record<State, number>>
  by_kind: Partial<Record<Kind, number>>
  /** Days on which something happened. */
  series: { day: string; reported: number; closed: number }[]
  /** The definitions of the plain numbers, by name. */
  definitions: Record<string, string>
}
export interface AreaMetrics {
  as_of: string
  from: string
  to: string
  level: Level
  /** `unknown`: nothing at all is counted there. */
  items: { code: string; name: string; n: number; unknown: boolean; metrics: Metrics }[]
}
/** One hexagon: its id, how many reports it has, and every metric flat: a rate under its id, with
 * its counts under `<id>_numerator` and `<id>_denominator`. */
export type CellProps = { cell: string; n: number; place?: string; place_near?: boolean } & Record<
  string,
  unknown
>
export type CellCollection = GeoJSON.FeatureCollection<GeoJSON.Polygon, CellProps>

export interface LiveIssue {
  id: string
  version: number
  state: State
  action: string
}
