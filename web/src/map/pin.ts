// A small map with one place on it: shown in an issue, or moved about when reporting.
import type { Instance, LonLat } from '../api/types'
import { addGeoJson, createBaseMap, setData, type BaseMap } from './base'
import { circle } from './circle'
import { addLayer } from './zorder'

export interface PinMap {
  setAreas: BaseMap['setAreas']
  setPin: (position: LonLat | null, accuracyM: number | null, move: boolean) => void
  remove: () => void
}

/** @param moved called when the person taps the map or drags the pin; absent for a fixed pin. */
export async function createPinMap(
  container: HTMLElement,
  instance: Instance,
  label: string,
  moved?: (position: LonLat) => void,
): Promise<PinMap> {
  const base = await createBaseMap(container, instance, label)
  const { map, library } = base
  map.addControl(new library.NavigationControl({ showCompass: false }), 'top-right')
  addGeoJson(map, 'accuracy')
  addLayer(map, {
    id: 'accuracy-fill',
    type: 'fill',
    source: 'accuracy',
    paint: { 'fill-color': '#0f6b7c', 'fill-opacity': 0.16 },
  })
  addLayer(map, {
    id: 'accuracy-line',
    type: 'line',
    source: 'accuracy',
    paint: { 'line-color': '#0f8296', 'line-width': 1.5 },
  })

  const element = document.createElement('div')
  element.className = 'map-pin'
  const marker = new library.Marker({ element, anchor: 'bottom', draggable: Boolean(moved) })
  let placed = false
  if (moved) {
    map.getCanvas().style.cursor = 'crosshair'
    map.on('click', (event) => moved([event.lngLat.lng, event.lngLat.lat]))
    marker.on('dragend', () => {
      const { lng, lat } = marker.getLngLat()
      moved([lng, lat])
    })
  }
  return {
    setAreas: base.setAreas,
    setPin(position, accuracyM, move) {
      const ring = position && accuracyM ? circle(position, accuracyM) : null
      setData(map, 'accuracy', ring ?? { type: 'FeatureCollection', features: [] })
      if (!position) {
        marker.remove()
        placed = false
        return
      }
      marker.setLngLat(position)
      if (!placed) marker.addTo(map)
      placed = true
      if (move) map.jumpTo({ center: position, zoom: Math.max(map.getZoom(), zoomFor(accuracyM)) })
    },
    remove: base.remove,
  }
}

/** A zoom at which the circle of the error can be seen whole. */
function zoomFor(accuracyM: number | null): number {
  return Math.max(12, Math.min(15, 20 - Math.log2(accuracyM ?? 20)))
}
