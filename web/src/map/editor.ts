// The map of the territory's editor: areas to choose, a line to draw, corners to drag; and a map
// that shows areas before and after a change.
import type { MapMouseEvent, MapTouchEvent } from 'maplibre-gl'
import type { Instance, LonLat } from '../api/types'
import type { CornerAt, Lands } from '../lib/land'
import { addGeoJson, createBaseMap, setData, type BaseMap } from './base'
import { addLayer } from './zorder'

const EMPTY: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] }
const OWN = '#0f8296'
const DRAWN = '#c2410c'
/** Corners nearer than this are hit by a finger, in pixels. */
const HIT_PX = 14
/** Every corner of a large area at once would be a carpet. */
const CORNERS_SHOWN_MAX = 1_500

export interface Corner {
  where: CornerAt
  place: LonLat
  /** The middle of an edge, which becomes a corner when it is dragged. */
  isMiddle: boolean
}
export interface EditorMap {
  setLands: (lands: Lands) => void
  /** Codes of the chosen areas and of those that the edits changed. */
  mark: (chosen: string[], changed: string[]) => void
  setLine: (line: LonLat[]) => void
  /** The corners to drag, and the outline as it is being drawn. */
  setCorners: (corners: Corner[], outline: GeoJSON.Geometry | null) => void
  /** What a tap means now. */
  setMode: (mode: 'choose' | 'line' | 'border') => void
  lookAt: (lands: Lands) => void
  remove: () => void
}
export interface EditorHandlers {
  choose: (code: string) => void
  point: (place: LonLat) => void
  drag: (corner: Corner, place: LonLat, isDone: boolean) => void
}

function positionsOf(value: unknown): LonLat[] {
  if (!Array.isArray(value)) return []
  if (typeof value[0] === 'number') return [value as LonLat]
  return value.flatMap(positionsOf)
}
function lookAt({ map, library }: BaseMap, lands: GeoJSON.FeatureCollection) {
  const all = lands.features.flatMap((one) =>
    'coordinates' in one.geometry ? positionsOf(one.geometry.coordinates) : [],
  )
  if (!all.length) return
  const bounds = new library.LngLatBounds()
  all.forEach((one) => bounds.extend(one))
  map.fitBounds(bounds, { padding: 40, animate: false, maxZoom: 17 })
}
function addLands(base: BaseMap) {
  const { map } = base
  addGeoJson(map, 'lands')
  addLayer(map, {
    id: 'value-fill',
    type: 'fill',
    source: 'lands',
    paint: { 'fill-color': OWN, 'fill-opacity': 0 },
  })
  addLayer(map, { id: 'value-outline', type: 'line', source: 'lands', paint: { 'line-width': 1 } })
  addLayer(map, {
    id: 'value-label',
    type: 'symbol',
    source: 'lands',
    minzoom: 12.5,
    layout: { 'text-field': ['get', 'name'], 'text-size': 12, 'text-max-width': 7 },
    paint: { 'text-halo-width': 1.6 },
  })
  base.onTheme((theme) => {
    map.setPaintProperty('value-outline', 'line-color', theme.lineStrong)
    map.setPaintProperty('value-label', 'text-color', theme.text)
    map.setPaintProperty('value-label', 'text-halo-color', theme.halo)
  })
}
function addDrawing({ map }: BaseMap) {
  for (const source of ['outline', 'line', 'corners']) addGeoJson(map, source)
  addLayer(map, {
    id: 'accuracy-fill',
    type: 'fill',
    source: 'outline',
    paint: { 'fill-color': DRAWN, 'fill-opacity': 0.15 },
  })
  addLayer(map, {
    id: 'accuracy-line',
    type: 'line',
    source: 'outline',
    paint: { 'line-color': DRAWN, 'line-width': 2 },
  })
  addLayer(map, {
    id: 'selected-line',
    type: 'line',
    source: 'line',
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': DRAWN, 'line-width': 3 },
  })
  addLayer(map, {
    id: 'issue-point',
    type: 'circle',
    source: 'corners',
    paint: {
      'circle-radius': ['case', ['get', 'isMiddle'], 4, 7],
      'circle-color': ['case', ['get', 'isMiddle'], '#ffffff', DRAWN],
      'circle-stroke-color': ['case', ['get', 'isMiddle'], DRAWN, '#ffffff'],
      'circle-stroke-width': 2,
    },
  })
}
const pointAt = (place: LonLat, properties: Record<string, unknown>): GeoJSON.Feature => ({
  type: 'Feature',
  properties,
  geometry: { type: 'Point', coordinates: place },
})

export async function createEditorMap(
  container: HTMLElement,
  instance: Instance,
  label: string,
  handlers: EditorHandlers,
): Promise<EditorMap> {
  const base = await createBaseMap(container, instance, label)
  const { map, library } = base
  map.addControl(new library.NavigationControl({ showCompass: false }), 'top-right')
  map.doubleClickZoom.disable()
  addLands(base)
  addDrawing(base)
  let mode: 'choose' | 'line' | 'border' = 'choose'
  let corners: Corner[] = []
  let held: Corner | null = null

  map.on('click', (event) => {
    const place: LonLat = [event.lngLat.lng, event.lngLat.lat]
    if (mode === 'line') handlers.point(place)
    if (mode !== 'choose') return
    const found = map.queryRenderedFeatures(event.point, { layers: ['value-fill'] })[0]
    if (found) handlers.choose(String(found.properties.code))
  })
  function cornerAt(point: { x: number; y: number }): Corner | null {
    let best: Corner | null = null
    let least = HIT_PX
    for (const corner of corners) {
      const at = map.project(corner.place)
      const apart = Math.hypot(at.x - point.x, at.y - point.y) + (corner.isMiddle ? 2 : 0)
      if (apart < least) [best, least] = [corner, apart]
    }
    return best
  }
  function hold(event: MapMouseEvent | MapTouchEvent) {
    if (mode !== 'border') return
    if ('points' in event && event.points.length > 1) return
    held = cornerAt(event.point)
    if (!held) return
    event.preventDefault()
    map.dragPan.disable()
  }
  function pull(event: MapMouseEvent | MapTouchEvent) {
    if (!held) {
      if (mode === 'border') map.getCanvas().style.cursor = cornerAt(event.point) ? 'grab' : ''
      return
    }
    event.preventDefault()
    handlers.drag(held, [event.lngLat.lng, event.lngLat.lat], false)
  }
  function release(event: MapMouseEvent | MapTouchEvent) {
    if (!held) return
    const own = held
    held = null
    map.dragPan.enable()
    handlers.drag(own, [event.lngLat.lng, event.lngLat.lat], true)
  }
  map.on('mousedown', hold)
  map.on('touchstart', hold)
  map.on('mousemove', pull)
  map.on('touchmove', pull)
  map.on('mouseup', release)
  map.on('touchend', release)

  return {
    setLands: (lands) => setData(map, 'lands', lands),
    mark(chosen, changed) {
      map.setPaintProperty('value-fill', 'fill-opacity', [
        'case',
        ['in', ['get', 'code'], ['literal', chosen]],
        0.35,
        ['in', ['get', 'code'], ['literal', changed]],
        0.14,
        0.02,
      ])
      map.setPaintProperty('value-outline', 'line-width', [
        'case',
        ['in', ['get', 'code'], ['literal', chosen]],
        3,
        1,
      ])
    },
    setLine(line) {
      const features: GeoJSON.Feature[] = line.map((place) => pointAt(place, { isMiddle: false }))
      const drawn: GeoJSON.Feature = {
        type: 'Feature',
        properties: {},
        geometry: { type: 'LineString', coordinates: line },
      }
      setData(map, 'line', { ...EMPTY, features: line.length > 1 ? [drawn] : [] })
      setData(map, 'corners', { ...EMPTY, features })
    },
    setCorners(next, outline) {
      corners = next
      const shown = next.length > CORNERS_SHOWN_MAX ? next.filter((one) => !one.isMiddle) : next
      const features = shown.map(({ place, isMiddle }) => pointAt(place, { isMiddle }))
      setData(map, 'corners', { ...EMPTY, features })
      const drawn = outline ? [{ type: 'Feature' as const, properties: {}, geometry: outline }] : []
      setData(map, 'outline', { ...EMPTY, features: drawn })
    },
    setMode(next) {
      mode = next
      map.getCanvas().style.cursor = next === 'line' ? 'crosshair' : ''
    },
    lookAt: (lands) => lookAt(base, lands),
    remove: base.remove,
  }
}

export interface CompareMap {
  set: (before: Lands, after: Lands) => void
  remove: () => void
}

/** Areas before a change, dashed, and after it, filled. */
export async function createCompareMap(
  container: HTMLElement,
  instance: Instance,
  label: string,
): Promise<CompareMap> {
  const base = await createBaseMap(container, instance, label)
  const { map, library } = base
  map.addControl(new library.NavigationControl({ showCompass: false }), 'top-right')
  addLands(base)
  addGeoJson(map, 'before')
  addLayer(map, {
    id: 'selected-line',
    type: 'line',
    source: 'before',
    paint: { 'line-color': DRAWN, 'line-width': 2, 'line-dasharray': [2, 2] },
  })
  map.setPaintProperty('value-fill', 'fill-opacity', 0.16)
  return {
    set(before, after) {
      setData(map, 'lands', after)
      setData(map, 'before', before)
      lookAt(base, { type: 'FeatureCollection', features: [...before.features, ...after.features] })
    },
    remove: base.remove,
  }
}
