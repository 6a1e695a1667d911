import { describe, expect, it } from 'vitest'
import { inboxQuery, PARTS, parsePart } from './inbox'

describe('the parts of an inbox', () => {
  it('ask for different issues', () => {
    const asked = PARTS.map((part) => inboxQuery(part, 'roads', 'me'))
    expect(asked.map((one) => one.assignee)).toEqual([undefined, 'me', 'none', undefined])
    expect(asked.map((one) => one.department)).toEqual(['roads', 'roads', 'roads', undefined])
    // What one only helps with may be in any open state, a summons before the dispatch, too.
    expect(asked[3]).toEqual({ assisting: 'roads', open: true, sort: 'due_at' })
  })

  it('are read from an address, which may hold anything', () => {
    expect(['mine', 'nobody', 'assisting', 'all', 'x', '', null].map(parsePart)).toEqual([
      'mine',
      'nobody',
      'assisting',
      'all',
      'all',
      'all',
      'all',
    ])
  })
})
