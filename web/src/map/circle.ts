// The circle of a position's error, on the ground.
import type { LonLat } from '../api/types'

const EARTH_RADIUS_M = 6_371_008.8
const CIRCLE_POINTS = 64

/** A circle on the ground, as a polygon; precise enough for the few kilometres of a GPS error. */
export function circle([lon, lat]: LonLat, radiusM: number): GeoJSON.Polygon {
  const dLat = (radiusM / EARTH_RADIUS_M) * (180 / Math.PI)
  const dLon = dLat / Math.cos((lat * Math.PI) / 180)
  const ring = Array.from({ length: CIRCLE_POINTS + 1 }, (_, index): LonLat => {
    const angle = ((index % CIRCLE_POINTS) / CIRCLE_POINTS) * 2 * Math.PI
    return [lon + dLon * Math.cos(angle), lat + dLat * Math.sin(angle)]
  })
  return { type: 'Polygon', coordinates: [ring] }
}
