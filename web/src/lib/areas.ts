// The shapes of areas, asked for once by all maps of a page, until the territory changes.
import { get } from '../api/client'
import type { AreaCollection } from '../api/types'

/** Who was not told of a new territory asks again after this. */
const KEPT_MS = 300_000
/** Shapes as fine as a map of a street needs; a screen on the wall takes coarser ones. */
export const FINE_ZOOM = 15

const kept = new Map<string, { areas: Promise<AreaCollection>; until: number }>()

export function areasOf(level: string, zoom: number = FINE_ZOOM): Promise<AreaCollection> {
  const key = `${level}@${zoom}`
  const known = kept.get(key)
  if (known && known.until > Date.now()) return known.areas
  const areas = get<AreaCollection>('/areas', { level, format: 'geojson', zoom })
  kept.set(key, { areas, until: Date.now() + KEPT_MS })
  areas.catch(() => {
    if (kept.get(key)?.areas === areas) kept.delete(key)
  })
  return areas
}

/** A new territory has been published. */
export function forgetAreas() {
  kept.clear()
}
