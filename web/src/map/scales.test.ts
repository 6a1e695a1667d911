import { describe, expect, it } from 'vitest'
import { DEFAULTS } from '../lib/filters'
import { classBounds, classOf, METRICS, resolutionAt, scaleOf, weightOf } from './scales'

describe('colour scales', () => {
  it.each(METRICS)('%s has one colour more than breaks, and rising breaks', (metric) => {
    const { breaks, colors } = scaleOf(metric)
    expect(colors).toHaveLength(breaks.length + 1)
    expect(new Set(colors).size).toBe(colors.length)
    expect([...breaks].sort((a, b) => a - b)).toEqual(breaks)
    expect(classBounds(metric)).toHaveLength(colors.length)
  })

  it('an unknown value has no class: it is not the worst and not the best', () => {
    expect(classOf('closing_rate', null)).toBeNull()
    expect(classOf('closing_rate', Number.NaN)).toBeNull()
  })

  it('a value on a bound belongs to the class above', () => {
    expect(classOf('closing_rate', 0.5999)).toBe(0)
    expect(classOf('closing_rate', 0.6)).toBe(1)
    expect(classOf('closing_rate', 1)).toBe(4)
  })

  it('a high rework rate has the colour of a low closing rate', () => {
    const color = (metric: 'closing_rate' | 'rework_rate', value: number) =>
      scaleOf(metric).colors[classOf(metric, value)!]
    expect(color('rework_rate', 0.9)).toBe(color('closing_rate', 0.1))
    expect(color('rework_rate', 0)).toBe(color('closing_rate', 1))
  })

  it('the heatmap begins with the closing rate, the rate on time is the next button', () => {
    expect(DEFAULTS.metric).toBe('closing_rate')
    expect(METRICS.slice(0, 2)).toEqual(['closing_rate', 'on_time_closing_rate'])
  })

  it('a scale is a constant: no value of the data moves its bounds', () => {
    for (const metric of METRICS) {
      const { breaks, colors } = scaleOf(metric)
      expect(colors).toHaveLength(breaks.length + 1)
      for (const [rank, bound] of breaks.entries()) expect(classOf(metric, bound)).toBe(rank + 1)
    }
    // Count, age and rates are layers of their own: there is no blended one.
    expect(METRICS).not.toContain('score')
  })

  it('few cases are drawn weaker for rates, and never for counts', () => {
    expect([1, 4, 5, 19, 20].map((n) => weightOf('closing_rate', n))).toEqual([0, 0, 1, 1, 2])
    expect(weightOf('reported', 1)).toBe(2)
  })
})

describe('the resolution of the hexagons', () => {
  it('follows the zoom and stays within 5 and 10', () => {
    const zooms = Array.from({ length: 40 }, (_, index) => index / 2)
    const found = zooms.map(resolutionAt)
    expect(Math.min(...found)).toBe(5)
    expect(Math.max(...found)).toBe(10)
    expect([...found].sort((a, b) => a - b)).toEqual(found)
    expect(resolutionAt(11)).toBe(8)
  })
})
