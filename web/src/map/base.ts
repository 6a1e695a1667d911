// What every map has in common: the style, the base map if there is one, and the areas.
import type { LngLatBoundsLike, Map as LibreMap, StyleSpecification } from 'maplibre-gl'
import type { AreaCollection, Instance } from '../api/types'
import { t } from '../i18n/index.svelte'
import { addImages } from './images'
import { canDrawMap, loadLibrary, type Library } from './library'
import { mapTheme, onThemeChange, type MapTheme } from './theme'
import { addLayer, type LayerName } from './zorder'

export class NoMapError extends Error {}

const WHOLE_WORLD: LngLatBoundsLike = [-170, -60, 170, 75]
const EMPTY: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] }
/** Drawn by the browser from the system's fonts: the style has no `glyphs`, so nothing is fetched. */
const FONT_FAMILY = 'system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif'

/** The levels with lines on the map, and from which zoom on. */
export const LINE_LEVELS = [
  { level: 'district', line: 2.2, lineZoom: 0, labelZoom: null, text: 0 },
  { level: 'street', line: 1.4, lineZoom: 9, labelZoom: 10.5, text: 13 },
  { level: 'community', line: 1, lineZoom: 12, labelZoom: 13, text: 12 },
  { level: 'grid', line: 0.7, lineZoom: 13.2, labelZoom: 14.3, text: 11 },
] as const
export type LineLevel = (typeof LINE_LEVELS)[number]['level']

export interface BaseMap {
  library: Library
  map: LibreMap
  /** Called now, and again after each change between day and night. */
  onTheme: (apply: (theme: MapTheme) => void) => void
  setAreas: (level: LineLevel, areas: AreaCollection) => void
  remove: () => void
}

function styleOf(instance: Instance, theme: MapTheme): StyleSpecification {
  const style: StyleSpecification = {
    version: 8,
    sources: {},
    layers: [
      { id: 'background', type: 'background', paint: { 'background-color': theme.background } },
    ],
  }
  if (instance.basemap) {
    const { url, attribution } = instance.basemap
    style.sources.basemap = {
      type: 'raster',
      tiles: [new URL(url, location.href).href.replaceAll('%7B', '{').replaceAll('%7D', '}')],
      tileSize: 256,
      attribution,
    }
    style.layers.push({ id: 'basemap', type: 'raster', source: 'basemap' })
  }
  return style
}

const MARGIN_PX = 24

/** @param legendPx width that a legend covers at the left: the territory is shown beside it.
 * @throws NoMapError when the device cannot draw one. */
export async function createBaseMap(
  container: HTMLElement,
  instance: Instance,
  label: string,
  legendPx = 0,
): Promise<BaseMap> {
  if (!canDrawMap()) throw new NoMapError()
  const library = await loadLibrary()
  const map = new library.Map({
    container,
    style: styleOf(instance, mapTheme()),
    bounds: instance.bbox ?? WHOLE_WORLD,
    fitBoundsOptions: {
      padding: { top: MARGIN_PX, right: MARGIN_PX, bottom: MARGIN_PX, left: MARGIN_PX + legendPx },
    },
    attributionControl: instance.basemap ? { compact: true } : false,
    localIdeographFontFamily: FONT_FAMILY,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxPitch: 0,
    minZoom: 3,
    maxZoom: 19,
    locale: {
      'NavigationControl.ZoomIn': t('map.zoom_in'),
      'NavigationControl.ZoomOut': t('map.zoom_out'),
      'AttributionControl.ToggleAttribution': t('map.attribution'),
    },
    fadeDuration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 150,
  })
  map.touchZoomRotate.disableRotation()
  map.keyboard.disableRotation()
  map.getCanvas().setAttribute('aria-label', label)
  // A tile that does not come must not stop the map, and is not worth the library's console error.
  map.on('error', () => {})
  await new Promise<void>((resolve) => map.once('load', () => resolve()))

  const appliers: ((theme: MapTheme) => void)[] = []
  const stopTheme = onThemeChange(() => appliers.forEach((apply) => apply(mapTheme())))
  const onTheme = (apply: (theme: MapTheme) => void) => {
    appliers.push(apply)
    apply(mapTheme())
  }
  onTheme((theme) => {
    map.setPaintProperty('background', 'background-color', theme.background)
    addImages(map, theme)
  })
  addAreaLayers(map, onTheme, instance.basemap !== null)
  return {
    library,
    map,
    onTheme,
    setAreas: (level, areas) => setData(map, `area-${level}`, areas),
    remove: () => {
      stopTheme()
      map.remove()
    },
  }
}

export function setData(map: LibreMap, source: string, data: GeoJSON.GeoJSON) {
  const found = map.getSource(source)
  if (found && 'setData' in found) (found as import('maplibre-gl').GeoJSONSource).setData(data)
}

export function addGeoJson(map: LibreMap, source: string) {
  map.addSource(source, { type: 'geojson', data: EMPTY })
}

function addAreaLayers(map: LibreMap, onTheme: BaseMap['onTheme'], hasBasemap: boolean) {
  for (const { level } of LINE_LEVELS) addGeoJson(map, `area-${level}`)
  addLayer(map, {
    id: 'territory-fill',
    type: 'fill',
    source: 'area-district',
    paint: { 'fill-opacity': hasBasemap ? 0 : 1 },
  })
  for (const { level, line, lineZoom, labelZoom, text } of LINE_LEVELS) {
    addLayer(map, {
      id: `${level}-line`,
      type: 'line',
      source: `area-${level}`,
      minzoom: lineZoom,
      layout: { 'line-join': 'round' },
      paint: { 'line-width': line },
    })
    if (labelZoom === null) continue
    addLayer(map, {
      id: `${level}-label` as LayerName,
      type: 'symbol',
      source: `area-${level}`,
      minzoom: labelZoom,
      // One level's names at a time: the finer ones take over as one goes closer.
      maxzoom: level === 'street' ? 13 : level === 'community' ? 14.3 : 24,
      layout: {
        'text-field': ['get', 'name'],
        'text-size': text,
        'text-max-width': 7,
        'text-padding': 6,
        // A name moves aside rather than vanish.
        'text-variable-anchor': ['center', 'top', 'bottom', 'left', 'right'],
        'text-radial-offset': 0.9,
      },
      paint: { 'text-halo-width': 1.6 },
    })
  }
  onTheme((theme) => {
    map.setPaintProperty('territory-fill', 'fill-color', theme.land)
    for (const { level, labelZoom } of LINE_LEVELS) {
      const strong = level === 'district' || level === 'street'
      map.setPaintProperty(`${level}-line`, 'line-color', strong ? theme.lineStrong : theme.line)
      if (labelZoom === null) continue
      map.setPaintProperty(`${level}-label`, 'text-color', theme.text)
      map.setPaintProperty(`${level}-label`, 'text-halo-color', theme.halo)
    }
  })
}
