import { describe, expect, it } from 'vitest'
import { fill } from './fill'

describe('a text with places', () => {
  it('is filled in, and a place without a value shows itself', () => {
    expect(fill('{n} of {total}', { n: 1 })).toBe('1 of {total}')
  })
  it('takes the word that goes with the number', () => {
    const text = '{n} {n|order|orders}'
    expect(fill(text, { n: 1 })).toBe('1 order')
    expect(fill(text, { n: '1' })).toBe('1 order')
    expect(fill(text, { n: 0 })).toBe('0 orders')
    expect(fill(text, { n: '1,076' })).toBe('1,076 orders')
  })
})
