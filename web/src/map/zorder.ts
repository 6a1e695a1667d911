// Every layer of every map, from the bottom to the top. A layer that is not listed cannot be added.
import type { LayerSpecification, Map as LibreMap } from 'maplibre-gl'

export const Z_ORDER = [
  'background',
  'basemap',
  'territory-fill',
  'territory-silent',
  'value-ground',
  'value-unknown',
  'value-fill',
  'value-outline',
  'grid-line',
  'community-line',
  'street-line',
  'district-line',
  'accuracy-fill',
  'accuracy-line',
  'selected-line',
  'grid-label',
  'community-label',
  'street-label',
  'value-label',
  'issue-cluster',
  'issue-point',
  // Placed first because it is the topmost: names make way for it.
  'issue-cluster-count',
] as const
export type LayerName = (typeof Z_ORDER)[number]

/** The layer in front of which `name` has to be put, given those that are already there. */
export function layerAbove(
  name: LayerName,
  present: (id: string) => boolean,
): LayerName | undefined {
  return Z_ORDER.slice(Z_ORDER.indexOf(name) + 1).find(present)
}

export function addLayer(map: LibreMap, layer: LayerSpecification & { id: LayerName }) {
  map.addLayer(
    layer,
    layerAbove(layer.id, (id) => map.getLayer(id) !== undefined),
  )
}
