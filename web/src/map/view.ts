// What is asked of the server for a view of the map.
import { resolutionAt } from './scales'
import type { Viewport } from './governance'

/** The hexagons of a view, snapped outwards: a small move asks for nothing new. */
export function cellsOf({ bounds, zoom }: Viewport): { res: number; bbox: string } {
  const res = resolutionAt(zoom)
  const step = 2 ** (5 - res) * 0.8
  const [west, south, east, north] = bounds
  const edges = [
    Math.floor(west / step),
    Math.floor(south / step),
    Math.ceil(east / step),
    Math.ceil(north / step),
  ]
  return { res, bbox: edges.map((edge) => (edge * step).toFixed(4)).join(',') }
}
