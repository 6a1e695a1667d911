// What a place is called that has no name of its own: a hexagon, or a spot outside all areas.
import { get } from '../api/client'
import type { AreaCollection, IssueBrief, LonLat, Page } from '../api/types'
import { areasOf } from './areas'

/** How many issues are looked through for one that lies in an area. */
const LOOKED_MAX = 20
/** How many steps coarser it is looked, where a hexagon holds none. */
const UP_MAX = 2

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

/** Whether a point lies within a ring: how often a line to the east crosses it. */
function isWithin(ring: GeoJSON.Position[], [lon, lat]: LonLat): boolean {
  let within = false
  for (let at = 1; at < ring.length; at += 1) {
    const [[ax, ay], [bx, by]] = [ring[at - 1] as LonLat, ring[at] as LonLat]
    if (ay > lat !== by > lat && lon < ax + ((lat - ay) / (by - ay)) * (bx - ax)) within = !within
  }
  return within
}

/** The name of the area that a point lies in. */
export function nameAt(areas: AreaCollection, point: LonLat): string | null {
  // Of a hole the rings are crossed twice, or not at all.
  const holds = (geometry: GeoJSON.Geometry) =>
    ringsOf(geometry).filter((ring) => isWithin(ring, point)).length % 2 === 1
  return areas.features.find((one) => holds(one.geometry))?.properties.name ?? null
}

/** The areas that a place is called by: not every city has streets. */
export async function callingAreas(): Promise<AreaCollection | null> {
  for (const level of ['street', 'community']) {
    const areas = await areasOf(level)
    if (areas.features.length) return areas
  }
  return null
}

/** The middle of a hexagon: its corners lie evenly around it. */
export function middleOf(geometry: GeoJSON.Geometry): LonLat | null {
  const corners = ringsOf(geometry)[0]?.slice(1) ?? []
  if (!corners.length) return null
  const mean = (part: 0 | 1) => corners.reduce((sum, at) => sum + at[part]!, 0) / corners.length
  return [mean(0), mean(1)]
}

/** The hexagon around a hexagon, one step coarser; null for what is no cell, or has none around it.
 * An H3 index holds its resolution in the bits 52 to 55, and below them a digit of three bits for
 * each of 15 resolutions, 7 where there is none. */
export function parentCell(cell: string): string | null {
  if (!/^8[0-9a-f]{14}$/.test(cell)) return null
  const index = BigInt(`0x${cell}`)
  const res = (index >> 52n) & 0xfn
  if (res === 0n) return null
  const bare = index & ~(0xfn << 52n)
  return (bare | ((res - 1n) << 52n) | (7n << ((15n - res) * 3n))).toString(16)
}

/** What the place of a list of issues (an address such as `/api/v1/issues?cell=…`) is called. */
export async function callSpot(issues: string, signal?: AbortSignal): Promise<Called> {
  const asked = Object.fromEntries(new URLSearchParams(issues.split('?')[1] ?? ''))
  let items: IssueBrief[] = []
  // A spot is hot by what lies around it, and may hold nothing itself.
  for (
    let cell: string | null = asked.cell ?? null, up = 0;
    !items.length && up <= UP_MAX;
    up += 1
  ) {
    const query = { ...asked, cell, limit: LOOKED_MAX }
    items = (await get<Page<IssueBrief>>('/issues', query, signal)).items
    cell = cell && parentCell(cell)
    if (!cell) break
  }
  const within = items.find((one) => one.street ?? one.grid)
  if (within) {
    const names = [within.street?.name, within.grid?.name].filter(Boolean)
    return { tag: 'within', place: names.join(' · ') }
  }
  const [areas, first] = [await callingAreas(), items[0]]
  if (!areas || !first) return { tag: 'unknown' }
  const inside = nameAt(areas, first.position)
  if (inside) return { tag: 'within', place: inside }
  const place = nearestName(areas, first.position)
  return place ? { tag: 'near', place } : { tag: 'unknown' }
}
