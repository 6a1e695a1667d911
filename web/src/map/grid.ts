// A map of one's own grid with the tasks in it.
import type { Instance, LonLat } from '../api/types'
import { addGeoJson, createBaseMap, setData, type BaseMap } from './base'
import { addLayer } from './zorder'

export interface GridMap {
  setAreas: BaseMap['setAreas']
  /** @param grids polygons of the own grids; the map goes to them. */
  setGrids: (grids: GeoJSON.FeatureCollection) => void
  setTasks: (positions: LonLat[]) => void
  remove: () => void
}

/** All positions of a geometry, whatever their depth. */
function positionsOf(value: unknown): LonLat[] {
  if (!Array.isArray(value)) return []
  if (typeof value[0] === 'number') return [value as LonLat]
  return value.flatMap(positionsOf)
}

export async function createGridMap(
  container: HTMLElement,
  instance: Instance,
  label: string,
): Promise<GridMap> {
  const base = await createBaseMap(container, instance, label)
  const { map, library } = base
  map.addControl(new library.NavigationControl({ showCompass: false }), 'top-right')
  addGeoJson(map, 'own-grid')
  addGeoJson(map, 'own-tasks')
  addLayer(map, {
    id: 'value-fill',
    type: 'fill',
    source: 'own-grid',
    paint: { 'fill-color': '#0f6b7c', 'fill-opacity': 0.16 },
  })
  addLayer(map, {
    id: 'selected-line',
    type: 'line',
    source: 'own-grid',
    paint: { 'line-color': '#0f8296', 'line-width': 2.5 },
  })
  addLayer(map, {
    id: 'issue-point',
    type: 'circle',
    source: 'own-tasks',
    paint: {
      'circle-radius': 8,
      'circle-color': '#c2410c',
      'circle-stroke-color': '#fff',
      'circle-stroke-width': 2,
    },
  })
  return {
    setAreas: base.setAreas,
    setGrids(grids) {
      setData(map, 'own-grid', grids)
      const all = grids.features.flatMap((one) =>
        'coordinates' in one.geometry ? positionsOf(one.geometry.coordinates) : [],
      )
      if (!all.length) return
      const bounds = new library.LngLatBounds()
      all.forEach((one) => bounds.extend(one))
      map.fitBounds(bounds, { padding: 24, animate: false, maxZoom: 17 })
    },
    setTasks(positions) {
      setData(map, 'own-tasks', {
        type: 'FeatureCollection',
        features: positions.map((coordinates) => ({
          type: 'Feature',
          properties: {},
          geometry: { type: 'Point', coordinates },
        })),
      })
    },
    remove: base.remove,
  }
}
