// What the server is asked of hexagons: for a map the number that is drawn, and for a hexagon that
// somebody looks at every metric.
import { get, type Query } from '../api/client'
import type { CellCollection } from '../api/types'
import type { HeatMetric } from '../lib/heat'
import { METRICS, type MetricId } from './scales'
import { measureCell, type Measured } from './values'

export type EveryMetric = Partial<Record<MetricId, Measured>>
export const everyMetric = (of: (metric: MetricId) => Measured): EveryMetric =>
  Object.fromEntries(METRICS.map((metric) => [metric, of(metric)]))

/** The published number that a metric is told by: what is open has its ages with it. */
const numberOf = (metric: HeatMetric) =>
  metric === 'age' || metric === 'backlog' ? 'open' : metric

/** What is asked of the hexagons of a map. */
export const drawnBy = (metric: HeatMetric) =>
  ({ format: 'geojson', names: true, metrics: numberOf(metric) }) as const

const EVERY = METRICS.map(numberOf).join(',')

/** A box around the middle of a hexagon, far from its edges. */
export function middleOf(hexagon: GeoJSON.Polygon): string {
  const ring = (hexagon.coordinates[0] ?? []).slice(1)
  const [lon, lat] = [0, 1].map(
    (axis) => ring.reduce((sum, corner) => sum + corner[axis]!, 0) / ring.length,
  ) as [number, number]
  return [lon - 1e-6, lat - 1e-6, lon + 1e-6, lat + 1e-6].map((at) => at.toFixed(7)).join(',')
}

/** The resolution of a hexagon, which stands in its index. */
const resolutionOf = (cell: string) => parseInt(cell[1] ?? '', 16)

/** Every metric of one hexagon; none where nothing is known of it. */
export interface CellMeasured {
  cell: string
  measured: EveryMetric
}

export async function readCell(
  cell: string,
  hexagon: GeoJSON.Polygon,
  asked: Query,
  signal: AbortSignal,
): Promise<CellMeasured> {
  const [res, bbox] = [resolutionOf(cell), middleOf(hexagon)]
  const query = { ...asked, res, bbox, format: 'geojson', metrics: EVERY }
  const cells = await get<CellCollection>('/metrics/cells', query, signal)
  const own = cells.features.find((one) => one.properties.cell === cell)?.properties
  return { cell, measured: own ? everyMetric((metric) => measureCell(own, metric)) : {} }
}
