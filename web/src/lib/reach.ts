// Circles of reach and hexagons as the map draws them: plain functions.
import type { LonLat } from '../api/types'
import type { components } from '../api/schema'
import type { Drawn } from '../map/values'

export type Reach = components['schemas']['ReachWire']

/** The distances to choose from, in metres. */
export const REACHES = [500, 1000, 2000] as const
/** The mean radius of the earth in metres (IUGG), as on the server. */
const EARTH_M = 6_371_008.8
const CORNERS = 48

/** A circle over the ground around a point, as a closed ring of degrees. */
export function circle([lon, lat]: LonLat, metres: number): LonLat[] {
  const angle = metres / EARTH_M
  const sine = Math.sin((lat * Math.PI) / 180)
  const cosine = Math.cos((lat * Math.PI) / 180)
  const ring = Array.from({ length: CORNERS }, (_, corner): LonLat => {
    const bearing = (2 * Math.PI * corner) / CORNERS
    const up = sine * Math.cos(angle) + cosine * Math.sin(angle) * Math.cos(bearing)
    const east = Math.sin(bearing) * Math.sin(angle) * cosine
    const away = Math.atan2(east, Math.cos(angle) - sine * up)
    return [lon + (away * 180) / Math.PI, (Math.asin(up) * 180) / Math.PI]
  })
  return [...ring, ring[0]!]
}

/** The reach of every branch as one outline; null without a branch. */
export function circles(reach: Reach): GeoJSON.MultiPolygon | null {
  if (!reach.branches.length) return null
  const coordinates = reach.branches.map((one) => [circle(one.position as LonLat, reach.metres)])
  return { type: 'MultiPolygon', coordinates }
}

/** Hexagons with issues; those with some out of reach have rank 0, and stand out the more the more
 * of them are. */
export function reachCells(reach: Reach): Drawn {
  return {
    type: 'FeatureCollection',
    features: reach.cells.map(({ cell, corners, n, outside }) => ({
      type: 'Feature',
      geometry: {
        type: 'Polygon',
        coordinates: [[...corners, corners[0]!] as LonLat[]],
      },
      properties: {
        id: cell,
        name: '',
        value: outside,
        n,
        rank: outside > 0 ? 0 : 1,
        weight: outside === 0 ? 0 : outside * 2 < n ? 1 : 2,
        label: '',
      },
    })),
  }
}
