import { describe, expect, it } from 'vitest'
import {
  before,
  brush,
  changeOf,
  changeRank,
  countInterval,
  drawTold,
  formatHeat,
  heatQuery,
  heatScale,
  histogram,
  knownOfCell,
  parseHeat,
  rankOf,
  told,
  UNCLEAR_RANK,
  UNKNOWN,
} from './heat'

const TODAY = '2026-11-21'

describe('the address of the heatmap', () => {
  it('holds everything that was chosen', () => {
    const text =
      '?from=2026-09-01&to=2026-09-30&metric=age&place=grid&past_from=2026-08-01&past_to=2026-08-31' +
      '&kind=hazard&category=0101&department=roads'
    const heat = parseHeat(new URLSearchParams(text), TODAY)
    expect(formatHeat(heat)).toBe(text)
    expect(parseHeat(new URLSearchParams(formatHeat(heat)), TODAY)).toEqual(heat)
  })
  it('falls back to the last 90 days and turns what is the wrong way round', () => {
    const odd = parseHeat(new URLSearchParams('?from=x&metric=none&place=moon'), TODAY)
    expect(odd.span).toEqual({ from: '2026-08-24', to: TODAY })
    expect([odd.metric, odd.place]).toEqual(['closing_rate', 'hexagon'])
    const turned = parseHeat(new URLSearchParams('?from=2026-03-02&to=2026-03-01'), TODAY)
    expect(turned.span).toEqual({ from: '2026-03-01', to: '2026-03-02' })
  })
  it('asks for what was open as it stood at the end of a span that has ended', () => {
    const heat = parseHeat(new URLSearchParams('?metric=backlog'), TODAY)
    expect(heatQuery(heat, { from: '2026-01-01', to: '2026-01-31' }, TODAY).as_of).toBe(
      '2026-01-31',
    )
    expect(heatQuery(heat, heat.span, TODAY).as_of).toBeNull()
    const rate = { ...heat, metric: 'closing_rate' as const }
    expect(heatQuery(rate, { from: '2026-01-01', to: '2026-01-31' }, TODAY).as_of).toBeNull()
  })
})

describe('two periods', () => {
  const known = (value: number, n: number, low: number, high: number) => ({ value, n, low, high })
  it('are as long as each other', () => {
    expect(before({ from: '2026-03-01', to: '2026-03-31' })).toEqual({
      from: '2026-01-29',
      to: '2026-02-28',
    })
  })
  it('differ only where their intervals lie apart', () => {
    const now = known(0.9, 200, 0.85, 0.93)
    expect(changeOf(now, known(0.6, 180, 0.53, 0.67)).tag).toBe('changed')
    expect(changeOf(now, known(0.6, 5, 0.2, 0.9)).tag).toBe('unclear')
    expect(changeOf(now, UNKNOWN).tag).toBe('unknown')
  })
  it('are drawn as unclear where chance may be the reason', () => {
    expect(changeRank('closing_rate', { tag: 'unclear', by: 0.4 })).toBe(UNCLEAR_RANK)
    expect(changeRank('closing_rate', { tag: 'unknown' })).toBe(-1)
    expect(changeRank('closing_rate', { tag: 'changed', by: -0.3 })).toBe(0)
    expect(changeRank('closing_rate', { tag: 'changed', by: 0.05 })).toBe(3)
    expect(changeRank('reported', { tag: 'changed', by: 40 })).toBe(4)
  })
  it('take a count for what it is: nothing seen may still be three', () => {
    expect(countInterval(0)).toEqual([0, 3.7])
    const [low, high] = countInterval(100)
    expect(low).toBeCloseTo(80.4)
    expect(high).toBeCloseTo(119.6)
  })
})

describe('places', () => {
  it('of which nothing is known are unknown and not zero', () => {
    const cell = { cell: '88', n: 3, closing_rate: 0, closing_rate_denominator: 0, open: 0 }
    expect(knownOfCell(cell, 'closing_rate')).toEqual(UNKNOWN)
    expect(knownOfCell(cell, 'age').value).toBeNull()
    const geometry: GeoJSON.Point = { type: 'Point', coordinates: [0, 0] }
    const drawn = drawTold([{ id: 'G1', name: 'one', geometry }], new Map(), 'closing_rate')
    expect(drawn.features[0]?.properties.rank).toBe(-1)
  })
  it('are drawn weaker where the denominator is small', () => {
    const geometry: GeoJSON.Point = { type: 'Point', coordinates: [0, 0] }
    const weight = (n: number) => {
      const one = told('a', '', { value: 0.9, n, low: 0.5, high: 1 }, null)
      const drawn = drawTold(
        [{ id: 'a', name: '', geometry }],
        new Map([['a', one]]),
        'closing_rate',
      )
      return drawn.features[0]?.properties.weight
    }
    expect([weight(3), weight(10), weight(50)]).toEqual([0, 1, 2])
  })
  it('have the class above when the value is on the bound', () => {
    expect(rankOf(heatScale('age'), 7)).toBe(2)
    expect(rankOf(heatScale('age'), null)).toBe(-1)
  })
})

describe('the timeline', () => {
  const whole = { from: '2026-01-01', to: '2026-01-31' }
  it('has every day', () => {
    const days = histogram([{ day: '2026-01-03', reported: 4 }], whole)
    expect(days).toHaveLength(31)
    expect(days[2]).toEqual({ day: '2026-01-03', n: 4 })
    expect(days[3]?.n).toBe(0)
  })
  it('is never left by the brush, nor is the brush turned around', () => {
    const span = { from: '2026-01-10', to: '2026-01-16' }
    expect(brush(span, 'from', 30, whole)).toEqual({ from: '2026-01-16', to: '2026-01-16' })
    expect(brush(span, 'to', 30, whole)).toEqual({ from: '2026-01-10', to: '2026-01-31' })
    expect(brush(span, 'all', 30, whole)).toEqual({ from: '2026-01-25', to: '2026-01-31' })
    expect(brush(span, 'all', -30, whole)).toEqual({ from: '2026-01-01', to: '2026-01-07' })
  })
})
