import { describe, expect, it } from 'vitest'
import { changeOf } from './correction'

const issue = { category_code: 'a', condition: { code: 'a-1', text: '' } }

describe('a corrected category', () => {
  it('is told only where it differs', () => {
    expect(changeOf(issue, 'a', 'a-1')).toEqual({ category: '', condition: '' })
    expect(changeOf(issue, null, null)).toEqual({ category: '', condition: '' })
  })
  it('is told with its own condition', () => {
    expect(changeOf(issue, 'b', 'b-2')).toEqual({ category: 'b', condition: 'b-2' })
    expect(changeOf(issue, 'b', null)).toEqual({ category: 'b', condition: '' })
  })
  it('leaves the category alone when only the condition is another', () => {
    expect(changeOf(issue, 'a', 'a-2')).toEqual({ category: '', condition: 'a-2' })
    const without = { category_code: 'a', condition: null }
    expect(changeOf(without, 'a', 'a-2')).toEqual({ category: '', condition: 'a-2' })
  })
})
