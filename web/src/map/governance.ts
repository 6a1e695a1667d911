// The governance map: values by hexagon or by area, and the issues as points. Plain TypeScript: it
// is told what to draw and tells what was picked; it knows neither the interface nor the server.
import type {
  ExpressionSpecification,
  FilterSpecification,
  MapGeoJSONFeature,
  MapMouseEvent,
  VectorTileSource,
} from 'maplibre-gl'
import type { Instance, LonLat } from '../api/types'
import { addGeoJson, createBaseMap, setData, type BaseMap } from './base'
import { scaleOf, type MetricId } from './scales'
import type { Drawn, DrawnProps } from './values'
import { addLayer } from './zorder'

export type Bounds = [west: number, south: number, east: number, north: number]
export interface Viewport {
  bounds: Bounds
  zoom: number
}

export type Picked =
  | { tag: 'issue'; id: string; position: LonLat }
  | { tag: 'place'; props: DrawnProps; position: LonLat }
  | { tag: 'nothing' }

export interface Hover {
  props: DrawnProps
  x: number
  y: number
}

export interface GovernanceMap {
  setAreas: BaseMap['setAreas']
  /** Draws the values of the places in the colours of a metric, or in those given for the ranks;
   * null takes them away. */
  setValues: (values: Drawn | null, colors: MetricId | readonly string[]) => void
  /** The tiles of the issues, with the filters in the address; null takes them away. */
  setIssueTiles: (url: string | null) => void
  /** Outlines what is selected; `faint` where there is much of it and the values matter more. */
  select: (geometry: GeoJSON.Geometry | null, faint?: boolean) => void
  geometryOf: (id: string) => GeoJSON.Geometry | null
  /** Moves the point out from under a panel that covers `right` and `bottom` pixels. */
  reveal: (position: LonLat, covered: { right: number; bottom: number }) => void
  viewport: () => Viewport
  remove: () => void
}

export interface Listeners {
  picked: (picked: Picked) => void
  hovered: (hover: Hover | null) => void
  moved: (viewport: Viewport) => void
}

const OPACITY: ExpressionSpecification = ['match', ['get', 'weight'], 0, 0.3, 1, 0.58, 0.86]
const KNOWN: FilterSpecification = ['>=', ['get', 'rank'], 0]
const UNKNOWN: FilterSpecification = ['<', ['get', 'rank'], 0]

function colorBy(by: MetricId | readonly string[]): ExpressionSpecification {
  const colors = typeof by === 'string' ? scaleOf(by).colors : by
  const pairs = colors.flatMap((color, rank) => [rank, color])
  return ['match', ['get', 'rank'], ...pairs, '#888888'] as unknown as ExpressionSpecification
}

/** From this width on the legend stands open in the corner, as wide as its style says. */
const WIDE_PX = 860
const LEGEND_PX = 220

export async function createGovernanceMap(
  container: HTMLElement,
  instance: Instance,
  label: string,
  on: Listeners,
): Promise<GovernanceMap> {
  const isWide = container.clientWidth >= WIDE_PX
  const base = await createBaseMap(container, instance, label, isWide ? LEGEND_PX : 0)
  const { map, library } = base
  let values: Drawn | null = null
  map.addControl(new library.NavigationControl({ showCompass: false }), 'top-left')
  map.addControl(new library.ScaleControl({ maxWidth: 90 }), 'bottom-right')
  addValueLayers(base)

  const viewport = (): Viewport => {
    const bounds = map.getBounds()
    return {
      bounds: [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()],
      zoom: map.getZoom(),
    }
  }
  map.on('moveend', () => on.moved(viewport()))
  map.on('click', (event) => pick(base, event, on))
  map.on('mousemove', (event) => hover(base, event, on))
  map.on('mouseout', () => on.hovered(null))

  return {
    setAreas: base.setAreas,
    setValues(next, colors) {
      values = next
      map.setPaintProperty('value-fill', 'fill-color', colorBy(colors))
      map.setLayerZoomRange('value-label', labelZoom(next?.features.length ?? 0), 24)
      setData(map, 'values', next ?? { type: 'FeatureCollection', features: [] })
      map.setLayoutProperty('territory-silent', 'visibility', next ? 'visible' : 'none')
    },
    setIssueTiles: (url) => setIssueTiles(base, url),
    select: (geometry, faint = false) =>
      setData(
        map,
        'selected',
        geometry
          ? { type: 'Feature', geometry, properties: { faint } }
          : { type: 'FeatureCollection', features: [] },
      ),
    geometryOf: (id) => values?.features.find((one) => one.properties.id === id)?.geometry ?? null,
    reveal: (position, covered) => reveal(base, position, covered),
    viewport,
    remove: base.remove,
  }
}

/** Many areas are small ones: their values are written only when one is close enough to read. */
function labelZoom(areas: number): number {
  return areas > 300 ? 12.8 : areas > 60 ? 11.5 : 9.5
}

function addValueLayers({ map, onTheme }: BaseMap) {
  addGeoJson(map, 'values')
  addGeoJson(map, 'selected')
  // Ground without any report shows the hatch of the unknown: it is not green.
  addLayer(map, {
    id: 'territory-silent',
    type: 'fill',
    source: 'area-district',
    layout: { visibility: 'none' },
    paint: { 'fill-pattern': 'hatch' },
  })
  // Plain ground under each value: a pale value must not look hatched.
  addLayer(map, {
    id: 'value-ground',
    type: 'fill',
    source: 'values',
    filter: KNOWN,
    paint: { 'fill-antialias': false },
  })
  addLayer(map, {
    id: 'value-unknown',
    type: 'fill',
    source: 'values',
    filter: UNKNOWN,
    paint: { 'fill-pattern': 'hatch' },
  })
  addLayer(map, {
    id: 'value-fill',
    type: 'fill',
    source: 'values',
    filter: KNOWN,
    paint: { 'fill-opacity': OPACITY, 'fill-antialias': false },
  })
  addLayer(map, {
    id: 'value-outline',
    type: 'line',
    source: 'values',
    paint: { 'line-width': ['match', ['get', 'weight'], 2, 0.8, 0.4] },
  })
  addLayer(map, {
    id: 'selected-line',
    type: 'line',
    source: 'selected',
    layout: { 'line-join': 'round' },
    paint: {
      'line-width': ['case', ['==', ['get', 'faint'], true], 1, 3],
      'line-opacity': ['case', ['==', ['get', 'faint'], true], 0.35, 1],
    },
  })
  addLayer(map, {
    id: 'value-label',
    type: 'symbol',
    source: 'values',
    filter: ['!=', ['get', 'label'], ''],
    layout: {
      'text-field': ['get', 'label'],
      'text-size': 11,
      'text-offset': [0, 1.2],
      'text-padding': 4,
    },
    paint: { 'text-halo-width': 1.4 },
  })
  onTheme((theme) => {
    map.setPaintProperty('value-ground', 'fill-color', theme.land)
    map.setPaintProperty('value-outline', 'line-color', theme.halo)
    map.setPaintProperty('selected-line', 'line-color', theme.selected)
    map.setPaintProperty('value-label', 'text-color', theme.text)
    map.setPaintProperty('value-label', 'text-halo-color', theme.halo)
  })
}

export function setIssueTiles(base: BaseMap, url: string | null) {
  const { map } = base
  const source = map.getSource<VectorTileSource>('issues')
  if (source && url) {
    source.setTiles([url])
    return
  }
  if (source) {
    for (const id of ['issue-cluster-count', 'issue-point', 'issue-cluster']) map.removeLayer(id)
    map.removeSource('issues')
    return
  }
  if (url) addIssueLayers(base, url)
}

/** What names keep away from the number of a cluster: about the circle around it. */
const CLUSTER_PADDING_PX = 8

const CLUSTERED: ExpressionSpecification = ['>', ['coalesce', ['get', 'count'], 1], 1]

function addIssueLayers({ map, onTheme }: BaseMap, url: string) {
  map.addSource('issues', { type: 'vector', tiles: [url], minzoom: 0, maxzoom: 16 })
  addLayer(map, {
    id: 'issue-cluster',
    type: 'circle',
    source: 'issues',
    'source-layer': 'issues',
    filter: CLUSTERED,
    paint: {
      'circle-radius': [
        'interpolate',
        ['linear'],
        ['sqrt', ['get', 'count']],
        1,
        9,
        10,
        17,
        60,
        30,
      ],
      'circle-stroke-width': 1.5,
      'circle-opacity': 0.92,
    },
  })
  addLayer(map, {
    id: 'issue-point',
    type: 'symbol',
    source: 'issues',
    'source-layer': 'issues',
    filter: ['!', CLUSTERED],
    layout: {
      'icon-image': ['concat', 'mark-', ['coalesce', ['get', 'kind'], 'opinion']],
      'icon-allow-overlap': true,
      'icon-ignore-placement': true,
      'icon-size': ['interpolate', ['linear'], ['zoom'], 10, 0.6, 15, 1],
    },
    paint: {
      'icon-opacity': ['match', ['get', 'state'], ['closed', 'rejected', 'merged'], 0.45, 1],
    },
  })
  addLayer(map, {
    id: 'issue-cluster-count',
    type: 'symbol',
    source: 'issues',
    'source-layer': 'issues',
    filter: CLUSTERED,
    layout: {
      'text-field': ['to-string', ['get', 'count']],
      'text-size': 11,
      'text-allow-overlap': true,
      'text-padding': CLUSTER_PADDING_PX,
    },
  })
  onTheme((theme) => {
    if (!map.getLayer('issue-cluster')) return
    map.setPaintProperty('issue-cluster', 'circle-color', theme.dark ? '#d7e2e5' : '#24373d')
    map.setPaintProperty('issue-cluster', 'circle-stroke-color', theme.halo)
    map.setPaintProperty('issue-cluster-count', 'text-color', theme.dark ? '#10191d' : '#ffffff')
  })
}

/** A finger is wider than a point: look a little around it. */
const TOUCH_PX = 9

export function issueAt({ map }: BaseMap, event: MapMouseEvent): MapGeoJSONFeature | undefined {
  if (!map.getLayer('issue-point')) return undefined
  const { x, y } = event.point
  return map.queryRenderedFeatures(
    [
      [x - TOUCH_PX, y - TOUCH_PX],
      [x + TOUCH_PX, y + TOUCH_PX],
    ],
    {
      layers: ['issue-point', 'issue-cluster'],
    },
  )[0]
}

function placeAt({ map }: BaseMap, event: MapMouseEvent): DrawnProps | null {
  const found = map.queryRenderedFeatures(event.point, {
    layers: ['value-fill', 'value-unknown'],
  })[0]
  return found ? (found.properties as DrawnProps) : null
}

function pick(base: BaseMap, event: MapMouseEvent, on: Listeners) {
  const issue = issueAt(base, event)
  if (issue?.geometry.type === 'Point') {
    const position = issue.geometry.coordinates as LonLat
    if (Number(issue.properties.count ?? 1) > 1) {
      base.map.easeTo({ center: position, zoom: base.map.getZoom() + 2 })
    } else {
      on.picked({ tag: 'issue', id: String(issue.properties.id), position })
    }
    return
  }
  const props = placeAt(base, event)
  const { lng, lat } = event.lngLat
  on.picked(props ? { tag: 'place', props, position: [lng, lat] } : { tag: 'nothing' })
}

function hover(base: BaseMap, event: MapMouseEvent, on: Listeners) {
  const overIssue = issueAt(base, event) !== undefined
  const props = overIssue ? null : placeAt(base, event)
  base.map.getCanvas().style.cursor = overIssue || props ? 'pointer' : ''
  on.hovered(props ? { props, x: event.point.x, y: event.point.y } : null)
}

const REVEAL_MARGIN_PX = 40

function reveal({ map }: BaseMap, position: LonLat, covered: { right: number; bottom: number }) {
  const { clientWidth, clientHeight } = map.getContainer()
  const { x, y } = map.project(position)
  const free = { x: clientWidth - covered.right, y: clientHeight - covered.bottom }
  if (x < free.x - REVEAL_MARGIN_PX && y < free.y - REVEAL_MARGIN_PX) return
  map.easeTo({ center: position, offset: [-covered.right / 2, -covered.bottom / 2] })
}
