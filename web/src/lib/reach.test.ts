import { describe, expect, it } from 'vitest'
import type { LonLat } from '../api/types'
import { circle, circles, reachCells, type Reach } from './reach'

const corners: [number, number][] = [
  [113, 34],
  [113.01, 34],
  [113, 34.01],
]
const reach: Reach = {
  as_of: '',
  from: '',
  to: '',
  metres: 1000,
  n: 6,
  within: 3,
  share: 0.5,
  branches: [{ code: 'a', name: 'a', position: [113.6, 34.7], n: 3 }],
  cells: [
    { cell: '1', corners, n: 2, outside: 0 },
    { cell: '2', corners, n: 3, outside: 1 },
    { cell: '3', corners, n: 2, outside: 2 },
  ],
}

function metresBetween(a: LonLat, b: LonLat): number {
  const rad = Math.PI / 180
  const half =
    Math.sin(((b[1] - a[1]) * rad) / 2) ** 2 +
    Math.cos(a[1] * rad) * Math.cos(b[1] * rad) * Math.sin(((b[0] - a[0]) * rad) / 2) ** 2
  return 2 * 6_371_008.8 * Math.asin(Math.sqrt(half))
}

describe('reach', () => {
  it('draws a circle whose corners are all as far away as asked', () => {
    const middle: LonLat = [113.6, 34.7]
    const ring = circle(middle, 2000)
    expect(ring[0]).toEqual(ring.at(-1))
    for (const corner of ring) expect(metresBetween(middle, corner)).toBeCloseTo(2000, 3)
  })

  it('has no outline without a branch', () => {
    expect(circles({ ...reach, branches: [] })).toBeNull()
    expect(circles(reach)?.coordinates).toHaveLength(1)
  })

  it('lets hexagons stand out by what is out of reach', () => {
    const drawn = reachCells(reach).features.map(({ properties }) => properties)
    expect(drawn.map(({ rank, weight }) => [rank, weight])).toEqual([
      [1, 0],
      [0, 1],
      [0, 2],
    ])
  })
})
