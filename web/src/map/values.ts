// From the server's metrics to the four things that the map needs of a place.
import type {
  AreaCollection,
  AreaMetrics,
  CellCollection,
  CellProps,
  Metrics,
  Rate,
} from '../api/types'
import { classOf, scaleOf, weightOf, type MetricId } from './scales'

/** A metric at one place. `n` is what the value rests on: the denominator of a rate. */
export interface Measured {
  value: number | null
  n: number
  numerator: number | null
}

export function measure(metrics: Metrics, metric: MetricId): Measured {
  if (metric === 'reported') return plain(metrics.reported)
  if (metric === 'backlog') return plain(metrics.backlog.open)
  const rate: Rate = metrics[metric]
  return {
    value: rate.denominator > 0 ? rate.value : null,
    n: rate.denominator,
    numerator: rate.numerator,
  }
}

function plain(value: number): Measured {
  return { value, n: value, numerator: null }
}

function numberAt(props: CellProps, key: string): number | null {
  const value = props[key]
  return typeof value === 'number' ? value : null
}

/** A metric of a hexagon, whose properties hold every metric flat. */
export function measureCell(props: CellProps, metric: MetricId): Measured {
  if (metric === 'reported') return plain(numberAt(props, 'reported') ?? props.n)
  if (metric === 'backlog') return plain(numberAt(props, 'open') ?? 0)
  const n = numberAt(props, `${metric}_denominator`) ?? 0
  const value = n > 0 ? numberAt(props, metric) : null
  return { value, n, numerator: value === null ? null : numberAt(props, `${metric}_numerator`) }
}

/** What a drawn place carries. `rank` is its class, -1 when unknown. */
export interface DrawnProps {
  id: string
  name: string
  value: number | null
  n: number
  rank: number
  weight: 0 | 1 | 2
  label: string
}
export type Drawn = GeoJSON.FeatureCollection<GeoJSON.Geometry, DrawnProps>

function drawn(id: string, name: string, m: Measured, metric: MetricId, label: string): DrawnProps {
  return {
    id,
    name,
    value: m.value,
    n: m.n,
    label,
    rank: classOf(metric, m.value) ?? -1,
    weight: weightOf(metric, m.n),
  }
}

export function drawCells(cells: CellCollection, metric: MetricId): Drawn {
  return {
    type: 'FeatureCollection',
    features: cells.features.map(({ geometry, properties }) => ({
      type: 'Feature',
      geometry,
      properties: drawn(properties.cell, '', measureCell(properties, metric), metric, ''),
    })),
  }
}

/** Every area is drawn, also those of which nothing is counted: they are unknown. Of the others each
 * rate is known or not by its own denominator. */
export function drawAreas(areas: AreaCollection, metrics: AreaMetrics, metric: MetricId): Drawn {
  const byCode = new Map(metrics.items.map((item) => [item.code, item]))
  const silent: Measured = { value: null, n: 0, numerator: null }
  return {
    type: 'FeatureCollection',
    features: areas.features.map(({ geometry, properties }) => {
      const item = byCode.get(properties.code)
      const known = item && !item.unknown ? measure(item.metrics, metric) : silent
      const label = shortValue(known.value, metric)
      return {
        type: 'Feature',
        geometry,
        properties: drawn(properties.code, properties.name, known, metric, label),
      }
    }),
  }
}

/** A value short enough to stand inside an area. */
function shortValue(value: number | null, metric: MetricId): string {
  if (value === null) return ''
  return scaleOf(metric).unit === 'count' ? String(value) : `${Math.floor(value * 100)}%`
}
