import { expect, it } from 'vitest'
import { coveredGrids, logShare, periods } from './insights'

it('periods are those that have begun', () => {
  expect(periods('month', '2026-02-03', 3)).toEqual(['2026-02', '2026-01', '2025-12'])
  expect(periods('quarter', '2026-05-03', 3)).toEqual(['2026-Q2', '2026-Q1', '2025-Q4'])
  expect(periods('year', '2026-05-03')[0]).toBe('2026')
})

it('a grid is covered by a branch of its own or of an area around it', () => {
  const grids = [
    { code: 'g1', path: 'd/s1/c1/g1' },
    { code: 'g2', path: 'd/s1/c1/g2' },
    { code: 'g3', path: 'd/s2/c2/g3' },
  ]
  const covered = coveredGrids(grids, [{ areas: [{ code: 'g1' }] }, { areas: [{ code: 'c1' }] }])
  expect([...covered]).toEqual([
    ['g1', 2],
    ['g2', 1],
  ])
})

it('the axis of times is logarithmic and has two ends', () => {
  expect(logShare(1)).toBe(0)
  expect(logShare(1e15)).toBe(1)
  expect(logShare(3_600_000)).toBeGreaterThan(logShare(60_000))
})
