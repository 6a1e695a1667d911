import { describe, expect, it } from 'vitest'
import type { LonLat } from '../api/types'
import {
  addCorner,
  amend,
  begin,
  change,
  cornersOf,
  degrees,
  dropCorner,
  geometryOf,
  moveCorner,
  outlineOf,
  redo,
  redrawn,
  undo,
  type EditPreview,
  type Land,
} from './land'

const SQUARE: GeoJSON.Polygon = {
  type: 'Polygon',
  coordinates: [
    [
      [0, 0],
      [2, 0],
      [2, 2],
      [0, 2],
      [0, 0],
    ],
  ],
}
const at = (n: number) => ({ part: 0, ring: 0, at: n })
const land = (code: string, level = 'grid', name = code): Land => ({
  type: 'Feature',
  geometry: SQUARE,
  properties: { code, name, level, parent: 'c' },
})

describe('the past of a list', () => {
  it('goes back and forth, and a new step forgets what was undone', () => {
    const two = change(change(begin<number[]>([]), [1]), [1, 2])
    expect(undo(two).now).toEqual([1])
    expect(redo(undo(two)).now).toEqual([1, 2])
    expect(redo(change(undo(two), [9])).now).toEqual([9])
    expect(undo(begin(1)).now).toBe(1)
    expect(redo(begin(1)).now).toBe(1)
  })
  it('takes an amended step back whole', () => {
    const amended = amend(change(begin('a'), 'b'), 'b!')
    expect(undo(amended).now).toBe('a')
    expect(redo(undo(amended)).now).toBe('b!')
  })
})

describe('an outline', () => {
  it('becomes corners and back without its doubled end', () => {
    const outline = outlineOf(SQUARE)
    expect(outline[0]![0]).toHaveLength(4)
    expect(geometryOf(outline).coordinates).toEqual([SQUARE.coordinates])
    expect(cornersOf(outline)[3]).toEqual({ where: at(3), place: [0, 2], middle: [0, 1] })
    expect(outlineOf({ type: 'Point', coordinates: [1, 2] })).toEqual([])
  })
  it('has corners moved, added and taken away, and never fewer than three', () => {
    const outline = outlineOf(SQUARE)
    const place: LonLat = [3, 3]
    expect(moveCorner(outline, at(2), place)[0]![0]![2]).toEqual(place)
    expect(outline[0]![0]![2]).toEqual([2, 2])
    expect(addCorner(outline, at(3), place)[0]![0]![4]).toEqual(place)
    const three = dropCorner(outline, at(0))
    expect(three[0]![0]).toHaveLength(3)
    expect(dropCorner(three, at(0))[0]![0]).toHaveLength(3)
  })
})

it('areas that edits ended go, those they made come', () => {
  const base = { type: 'FeatureCollection' as const, features: [land('a'), land('b')] }
  const preview: EditPreview = {
    base: 1,
    made: [],
    gone: ['a'],
    lineage: [],
    findings: [],
    problem: null,
    areas: {
      type: 'FeatureCollection',
      features: [land('a1'), land('b', 'grid', 'new'), land('x', 'micro_grid')],
    },
  }
  const names = redrawn(base, preview, 'grid').features.map((one) => one.properties.name)
  expect(names).toEqual(['a1', 'new'])
  expect(redrawn(base, null, 'grid')).toBe(base)
})

it('degrees are numbers within bounds', () => {
  expect(degrees(' 113.5 ', 180)).toBe(113.5)
  for (const text of ['', ' ', 'x', '181', 'Infinity']) expect(degrees(text, 180)).toBeNull()
})
