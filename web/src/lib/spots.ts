// What a place is called that has no name of its own: a hexagon, or a spot outside all areas.
import { get } from '../api/client'
import type { AreaCollection, IssueBrief, LonLat, Page } from '../api/types'
import { areasOf } from './areas'

/** How many issues are looked through for one that lies in an area. */
const LOOKED_MAX = 20

/** The names of areas that a place lies in, or of the nearest one when it lies in none. */
export type Called =
  { tag: 'within'; place: string } | { tag: 'near'; place: string } | { tag: 'unknown' }

/** The square of the distance from the origin to the segment from `a` to `b`. */
function squaredToSegment([ax, ay]: LonLat, [bx, by]: LonLat): number {
  const [dx, dy] = [bx - ax, by - ay]
  const length = dx * dx + dy * dy
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, -(ax * dx + ay * dy) / length))
  return (ax + along * dx) ** 2 + (ay + along * dy) ** 2
}

function ringsOf(geometry: GeoJSON.Geometry): GeoJSON.Position[][] {
  if (geometry.type === 'Polygon') return geometry.coordinates
  return geometry.type === 'MultiPolygon' ? geometry.coordinates.flat() : []
}

/** The name of the area whose border is nearest to a point outside of all; null without areas.
 * Degrees are weighed by the latitude, which is true enough within a city. */
export function nearestName(areas: AreaCollection, [lon, lat]: LonLat): string | null {
  const shrink = Math.cos((lat * Math.PI) / 180)
  const flat = (at: GeoJSON.Position): LonLat => [(at[0]! - lon) * shrink, at[1]! - lat]
  let best: { name: string; squared: number } | null = null
  for (const { geometry, properties } of areas.features) {
    for (const ring of ringsOf(geometry)) {
      for (let at = 1; at < ring.length; at += 1) {
        const squared = squaredToSegment(flat(ring[at - 1]!), flat(ring[at]!))
        if (!best || squared < best.squared) best = { name: properties.name, squared }
      }
    }
  }
  return best?.name ?? null
}

/** The middle of a hexagon: its corners lie evenly around it. */
export function middleOf(geometry: GeoJSON.Geometry): LonLat | null {
  const corners = ringsOf(geometry)[0]?.slice(1) ?? []
  if (!corners.length) return null
  const mean = (part: 0 | 1) => corners.reduce((sum, at) => sum + at[part]!, 0) / corners.length
  return [mean(0), mean(1)]
}

/** What the place of a list of issues (an address such as `/api/v1/issues?cell=…`) is called. */
export async function callSpot(issues: string, signal?: AbortSignal): Promise<Called> {
  const asked = Object.fromEntries(new URLSearchParams(issues.split('?')[1] ?? ''))
  const { items } = await get<Page<IssueBrief>>('/issues', { ...asked, limit: LOOKED_MAX }, signal)
  const within = items.find((one) => one.street ?? one.grid)
  if (within) {
    const names = [within.street?.name, within.grid?.name].filter(Boolean)
    return { tag: 'within', place: names.join(' · ') }
  }
  const place = items[0] && nearestName(await areasOf('street'), items[0].position)
  return place ? { tag: 'near', place } : { tag: 'unknown' }
}
