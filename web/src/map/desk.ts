// The map beside a queue: the issues of its filter as points, and the chosen one marked.
import type { Instance, LonLat } from '../api/types'
import { createBaseMap, type BaseMap } from './base'
import { issueAt, setIssueTiles, type Bounds } from './governance'

export interface DeskMap {
  setAreas: BaseMap['setAreas']
  setIssueTiles: (url: string | null) => void
  /** Marks a place, and brings it into view when it is not. */
  mark: (position: LonLat | null) => void
  bounds: () => Bounds
  remove: () => void
}

const CLOSE_ZOOM = 14

export async function createDeskMap(
  container: HTMLElement,
  instance: Instance,
  label: string,
  on: { picked: (id: string) => void; moved: (bounds: Bounds) => void },
): Promise<DeskMap> {
  const base = await createBaseMap(container, instance, label)
  const { map, library } = base
  map.addControl(new library.NavigationControl({ showCompass: false }), 'top-left')
  const element = document.createElement('div')
  element.className = 'map-pin'
  element.style.pointerEvents = 'none'
  const marker = new library.Marker({ element, anchor: 'bottom' })
  const bounds = (): Bounds => {
    const box = map.getBounds()
    return [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()]
  }
  map.on('moveend', () => on.moved(bounds()))
  map.on('click', (event) => {
    const found = issueAt(base, event)
    if (found?.geometry.type !== 'Point') return
    const center = found.geometry.coordinates as LonLat
    if (Number(found.properties.count ?? 1) > 1) {
      map.easeTo({ center, zoom: map.getZoom() + 2 })
    } else on.picked(String(found.properties.id))
  })
  map.on('mousemove', (event) => {
    map.getCanvas().style.cursor = issueAt(base, event) ? 'pointer' : ''
  })
  return {
    setAreas: base.setAreas,
    setIssueTiles: (url) => setIssueTiles(base, url),
    mark(position) {
      if (!position) {
        marker.remove()
        return
      }
      marker.setLngLat(position).addTo(map)
      if (!map.getBounds().contains(position) || map.getZoom() < CLOSE_ZOOM - 2)
        map.jumpTo({ center: position, zoom: Math.max(map.getZoom(), CLOSE_ZOOM) })
    },
    bounds,
    remove: base.remove,
  }
}
