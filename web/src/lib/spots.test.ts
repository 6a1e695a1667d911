import { describe, expect, it } from 'vitest'
import type { AreaCollection } from '../api/types'
import { middleOf, nameAt, nearestName, parentCell } from './spots'

const box = (name: string, [west, south, east, north]: [number, number, number, number]) => ({
  type: 'Feature' as const,
  properties: { code: name, name, level: 'street', kind: null, parent: null, path: '/' },
  geometry: {
    type: 'Polygon' as const,
    coordinates: [
      [
        [west, south],
        [east, south],
        [east, north],
        [west, north],
        [west, south],
      ],
    ],
  },
})
const ringsOf = ({ geometry }: { geometry: GeoJSON.Geometry }) =>
  (geometry as GeoJSON.Polygon).coordinates
const areas = {
  type: 'FeatureCollection',
  features: [box('west', [113, 34, 113.1, 34.1]), box('east', [113.1, 34, 113.2, 34.1])],
} as unknown as AreaCollection

describe('the name of a place outside', () => {
  it('is the area with the nearest border, not the one with the nearest corner', () => {
    expect(nearestName(areas, [112.99, 34.05])).toBe('west')
    expect(nearestName(areas, [113.15, 34.12])).toBe('east')
    // Above the middle of the west side: both corners of it are farther than the border.
    expect(nearestName(areas, [113.05, 34.105])).toBe('west')
  })
  it('weighs degrees by the latitude', () => {
    const north = {
      type: 'FeatureCollection',
      features: [box('left', [0, 60, 1, 61]), box('below', [2, 58, 3, 59.2])],
    } as unknown as AreaCollection
    // 1.2 degrees to the west are 0.6 degrees of latitude there; 0.8 to the south are 0.8.
    expect(nearestName(north, [2.2, 60])).toBe('left')
  })
  it('is that of the area around a point, and of none in a hole', () => {
    const [one, two] = areas.features as [(typeof areas.features)[0], (typeof areas.features)[0]]
    const hole = box('', [113.04, 34.04, 113.06, 34.06]).geometry.coordinates[0]!
    const holed = {
      ...areas,
      features: [
        { ...one, geometry: { ...one.geometry, coordinates: [...ringsOf(one), hole] } },
        two,
      ],
    } as AreaCollection
    expect(nameAt(holed, [113.02, 34.05])).toBe('west')
    expect(nameAt(holed, [113.15, 34.05])).toBe('east')
    expect(nameAt(holed, [113.05, 34.05])).toBeNull()
    expect(nameAt(holed, [113.3, 34.05])).toBeNull()
  })
  it('is none without areas', () => {
    expect(nearestName({ type: 'FeatureCollection', features: [] }, [1, 2])).toBeNull()
  })
  it('is looked for in the hexagon around an empty one', () => {
    // As the H3 library says.
    expect(parentCell('8840908615fffff')).toBe('874090861ffffff')
    expect(parentCell('874090861ffffff')).toBe('864090867ffffff')
    expect(parentCell('8041fffffffffff')).toBeNull()
    expect(parentCell('410105')).toBeNull()
  })
  it('is asked for at the middle of a hexagon', () => {
    const ring = [0, 60, 120, 180, 240, 300, 0].map((degrees) => [
      10 + Math.cos((degrees * Math.PI) / 180),
      20 + Math.sin((degrees * Math.PI) / 180),
    ])
    const [lon, lat] = middleOf({ type: 'Polygon', coordinates: [ring] })!
    expect(lon).toBeCloseTo(10)
    expect(lat).toBeCloseTo(20)
    expect(middleOf({ type: 'Polygon', coordinates: [] })).toBeNull()
  })
})
