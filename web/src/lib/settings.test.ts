import { describe, expect, it } from 'vitest'
import { changesOf, joinParts, partsOf, toggled, wordsOf } from './settings'

describe('settings as texts', () => {
  it('are taken apart and joined without loss', () => {
    const text = 'hazard=730,dispute=1095,opinion=730'
    expect(joinParts(partsOf(text))).toBe(text)
    expect(partsOf('')).toEqual({})
  })

  it('are lists of words in a fixed order', () => {
    expect(wordsOf(' report, map ,')).toEqual(['report', 'map'])
    const all = ['report', 'answers', 'map']
    expect(toggled(all, 'map', 'report', true)).toBe('report,map')
    expect(toggled(all, 'report,map', 'map', false)).toBe('report')
  })

  it('tell only what differs', () => {
    expect(changesOf({ a: '1', b: '2' }, { a: '1', b: '3' })).toEqual({ b: '3' })
  })
})
