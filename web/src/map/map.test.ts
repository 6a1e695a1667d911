import { describe, expect, it } from 'vitest'
import type { AreaCollection, AreaMetrics, CellCollection, Metrics } from '../api/types'
import { middleOf } from './cell'
import { circle } from './circle'
import { drawAreas, drawCells } from './values'
import { layerAbove, Z_ORDER } from './zorder'

const rate = (numerator: number, denominator: number) => ({
  value: denominator ? numerator / denominator : null,
  numerator,
  denominator,
  definition: 'x@1',
})
const times = { median: null, p90: null, n: 0 }
const metrics: Metrics = {
  reported: 12,
  filed: 10,
  dispatched: 9,
  closed: 8,
  open: 2,
  filing_rate: rate(10, 12),
  dispatch_accuracy: rate(9, 9),
  closing_rate: rate(8, 10),
  on_time_closing_rate: rate(7, 10),
  rework_rate: rate(0, 10),
  mediation_rate: rate(1, 2),
  response_rate: rate(6, 9),
  resolution_rate: rate(3, 4),
  satisfaction_rate: rate(3, 4),
  backlog: { open: 2, age_median_ms: null, age_p90_ms: null },
  accept_ms: times,
  handle_ms: times,
  close_ms: times,
}
const geometry: GeoJSON.Polygon = {
  type: 'Polygon',
  coordinates: [
    [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 0],
    ],
  ],
}
const area = (code: string) => ({
  type: 'Feature' as const,
  geometry,
  properties: {
    code,
    name: code,
    level: 'grid' as const,
    kind: null,
    parent: null,
    path: code,
    child_count: 0,
  },
})

describe('areas with values', () => {
  const areas: AreaCollection = {
    type: 'FeatureCollection',
    features: [area('a'), area('silent'), area('absent')],
  }
  const answer: AreaMetrics = {
    as_of: '',
    from: '',
    to: '',
    level: 'grid',
    items: [
      { code: 'a', name: 'a', n: 12, unknown: false, metrics },
      {
        code: 'silent',
        name: 'silent',
        n: 0,
        unknown: true,
        metrics: { ...metrics, closing_rate: rate(0, 0), reported: 0 },
      },
    ],
  }

  it('an area without reports is unknown for every metric, also for counts', () => {
    for (const metric of ['closing_rate', 'reported', 'backlog'] as const) {
      const ranks = drawAreas(areas, answer, metric).features.map((one) => one.properties.rank)
      expect(ranks[0]).toBeGreaterThanOrEqual(0)
      expect(ranks.slice(1)).toEqual([-1, -1])
    }
  })

  it('an area with no new report still shows what it owes', () => {
    const quiet: AreaMetrics = {
      ...answer,
      items: [
        {
          code: 'a',
          name: 'a',
          n: 0,
          unknown: false,
          metrics: { ...metrics, reported: 0, closing_rate: rate(0, 40), filing_rate: rate(0, 0) },
        },
      ],
    }
    const shown = (metric: 'closing_rate' | 'backlog') =>
      drawAreas(areas, quiet, metric).features[0]!.properties
    expect(shown('closing_rate')).toMatchObject({ value: 0, n: 40, rank: 0 })
    expect(shown('backlog')).toMatchObject({ value: 2 })
  })

  it('n is the denominator of the rate, not the number of reports', () => {
    expect(drawAreas(areas, answer, 'closing_rate').features[0]!.properties).toMatchObject({
      value: 0.8,
      n: 10,
      weight: 1,
      label: '80%',
    })
    expect(drawAreas(areas, answer, 'reported').features[0]!.properties).toMatchObject({
      value: 12,
      n: 12,
      label: '12',
    })
  })
})

describe('hexagons with values', () => {
  it('a rate without a denominator is unknown, whatever value came with it', () => {
    const cells: CellCollection = {
      type: 'FeatureCollection',
      features: [
        {
          type: 'Feature',
          geometry,
          properties: { cell: 'c1', n: 3, closing_rate: 0, closing_rate_denominator: 0 },
        },
        {
          type: 'Feature',
          geometry,
          properties: {
            cell: 'c2',
            n: 30,
            closing_rate: 0.9,
            closing_rate_numerator: 18,
            closing_rate_denominator: 20,
          },
        },
      ],
    }
    const [first, second] = drawCells(cells, 'closing_rate').features.map((one) => one.properties)
    expect(first).toMatchObject({ value: null, rank: -1 })
    expect(second).toMatchObject({ value: 0.9, rank: 3, n: 20, weight: 2 })
  })
})

describe('the order of the layers', () => {
  it('is the same whatever the order of adding', () => {
    const present: string[] = []
    for (const name of [...Z_ORDER].reverse()) {
      const above = layerAbove(name, (id) => present.includes(id))
      present.splice(above ? present.indexOf(above) : present.length, 0, name)
    }
    expect(present).toEqual(Z_ORDER)
    const mixed: string[] = []
    for (const name of [...Z_ORDER].sort()) {
      const above = layerAbove(name, (id) => mixed.includes(id))
      mixed.splice(above ? mixed.indexOf(above) : mixed.length, 0, name)
    }
    expect(mixed).toEqual(Z_ORDER)
  })
})

describe('the circle of the error', () => {
  it.each([0, 34.8, 60])('keeps its radius on the ground at latitude %d', (lat) => {
    const radius = 500
    for (const [x, y] of circle([113.7, lat], radius).coordinates[0]!) {
      // The haversine formula, as an independent truth.
      const rad = Math.PI / 180
      const h =
        Math.sin(((y! - lat) * rad) / 2) ** 2 +
        Math.cos(lat * rad) * Math.cos(y! * rad) * Math.sin(((x! - 113.7) * rad) / 2) ** 2
      const meters = 2 * 6_371_008.8 * Math.asin(Math.sqrt(h))
      expect(Math.abs(meters - radius)).toBeLessThan(radius * 0.001)
    }
  })

  it('is closed', () => {
    const ring = circle([113.7, 34.8], 20).coordinates[0]!
    expect(ring[0]).toEqual(ring.at(-1))
  })
})

describe('the middle of a hexagon', () => {
  it('is a box far from the edges', () => {
    const ring = [
      [113.72, 34.75],
      [113.73, 34.755],
      [113.73, 34.765],
      [113.72, 34.77],
      [113.71, 34.765],
      [113.71, 34.755],
      [113.72, 34.75],
    ]
    const box = middleOf({ type: 'Polygon', coordinates: [ring] })
    expect(box).toBe('113.7199990,34.7599990,113.7200010,34.7600010')
  })
})
