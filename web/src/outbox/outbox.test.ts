import { describe, expect, it } from 'vitest'
import { listFiles } from '../../scripts/service-worker'
import { mostFrequent } from '../lib/search'
import { nextItem, waitMs } from './engine'
import type { Item, ItemState } from './items'

const item = (order: number, state: ItemState, issue: string | null = null): Item => ({
  order,
  id: String(order),
  account: 'a',
  state,
  created: 0,
  ended: null,
  tries: 0,
  payload: {
    kind: issue ? 'action' : 'report',
    path: '',
    body: {},
    seen: null,
    title: '',
    issue,
    number: null,
    files: [],
  },
  outcome: { receipt: null, problem: null },
})

describe('the outbox', () => {
  it('sends the oldest first', () => {
    const items = [item(1, 'sent'), item(2, 'waiting'), item(3, 'waiting')]
    expect(nextItem(items)?.order).toBe(2)
    expect(nextItem([item(1, 'sent')])).toBeNull()
  })

  it('a refused report holds nothing up, a conflict holds what follows on its issue', () => {
    expect(nextItem([item(1, 'refused'), item(2, 'waiting')])?.order).toBe(2)
    const items = [item(1, 'conflict', 'x'), item(2, 'waiting', 'x'), item(3, 'waiting', 'y')]
    expect(nextItem(items)?.order).toBe(3)
    expect(nextItem(items.slice(0, 2))).toBeNull()
  })

  it('waits longer after each failure, with a bound, and never all phones at once', () => {
    expect(waitMs(0, 0.5)).toBe(1_000)
    expect(waitMs(3, 0.5)).toBe(8_000)
    expect(waitMs(60, 0.5)).toBe(120_000)
    expect(waitMs(0, 0)).toBe(500)
    expect(waitMs(0, 1)).toBe(1_500)
  })
})

describe('what the service worker keeps', () => {
  const chunk = (file: string, rest: object = {}) => ({ file, ...rest })
  const manifest = {
    'index.html': chunk('assets/i.js', {
      isEntry: true,
      css: ['assets/i.css'],
      imports: ['_s.js'],
      dynamicImports: ['src/pages/Tasks.svelte', 'src/pages/MapPage.svelte'],
    }),
    '_s.js': chunk('assets/s.js'),
    'src/pages/Tasks.svelte': chunk('assets/t.js', { dynamicImports: ['src/map/grid.ts'] }),
    'src/pages/MapPage.svelte': chunk('assets/m.js', { css: ['assets/m.css'] }),
    'src/map/grid.ts': chunk('assets/g.js'),
  }
  const { first, later } = listFiles(manifest)

  it('the shell and the field pages from the start, the map and the office later', () => {
    for (const file of ['/', '/assets/i.js', '/assets/i.css', '/assets/s.js', '/assets/t.js'])
      expect(first).toContain(file)
    expect(later).toEqual(['/assets/g.js', '/assets/m.css', '/assets/m.js'])
  })
})

describe('what is often reported', () => {
  it('comes in the order of its number', () => {
    expect(mostFrequent(['a', 'b', 'b', 'c', 'c'])).toEqual(['b', 'c', 'a'])
    expect(mostFrequent([])).toEqual([])
  })
})
