// What a spot on the map is called.
import { t } from '../i18n/index.svelte'

/** The areas around a spot, or those beside it when it lies outside of all. */
export function placeOf(spot: { place?: string | null; place_near: boolean }): string {
  if (!spot.place) return t('place.unknown')
  return t(spot.place_near ? 'place.near' : 'hotspot.around', { place: spot.place })
}
