import { describe, expect, it } from 'vitest'
import {
  deskQuery,
  fillTemplate,
  formatDesk,
  groupOf,
  isTyping,
  parseDesk,
  TABS,
  tabOf,
  tabPatch,
  widened,
  windowRows,
} from './desk'

const parse = (text: string) => parseDesk(new URLSearchParams(text))

describe('the address of the desk', () => {
  it('says nothing for the defaults: all that is open, what is due first', () => {
    const filters = parse('')
    expect(formatDesk(filters)).toBe('')
    const query = deskQuery(filters, '2026-11-21')
    expect(query.open).toBe(true)
    expect(query.sort).toBe('due_at')
  })

  it('gives back what it was made from', () => {
    for (const text of [
      '?range=90',
      '?state=filed&light=red',
      '?q=%E4%BA%95%E7%9B%96&sort=newest',
      '?sort=oldest&box=113.60000%2C34.70000%2C113.70000%2C34.80000',
      '?from=2026-01-01&to=2026-02-01',
    ]) {
      const read = parse(text)
      expect(parse(formatDesk(read))).toEqual(read)
      expect(new URLSearchParams(formatDesk(read))).toEqual(new URLSearchParams(text))
    }
  })

  it('has an address for each decision to take', () => {
    for (const tab of TABS) {
      const filters = { ...parse('?light=red'), ...tabPatch(tab) }
      const again = parse(formatDesk(filters))
      expect(again, tab.id).toEqual(filters)
      expect(tabOf(again)?.id).toBe(tab.id)
      expect(again.light).toBe('red')
    }
    expect(tabOf(parse('?state=handling'))).toBeNull()
  })

  it('does not take a box that is none', () => {
    for (const text of ['?box=1,2,3', '?box=a,b,c,d', '?box=']) expect(parse(text).box).toBeNull()
  })
})

describe('the window of the queue', () => {
  it('holds what is seen and a little more, however long the list', () => {
    expect(windowRows(0, 900, 90, 1_000_000)).toEqual({ from: 0, to: 16 })
    expect(windowRows(90_000, 900, 90, 1_000_000)).toEqual({ from: 994, to: 1016 })
    expect(windowRows(90_000, 900, 90, 20)).toEqual({ from: 20, to: 20 })
    expect(windowRows(0, 900, 90, 0)).toEqual({ from: 0, to: 0 })
  })
})

describe('the inbox', () => {
  const group = (due: string | null, state: 'handling' | 'suspended' = 'handling') =>
    groupOf(
      { state, due: due && `${due}:00Z`, dueDay: due && due.slice(0, 10) },
      '2026-11-18T10:00:00Z', // A Wednesday.
      '2026-11-18',
    )
  it('is by clock', () => {
    expect(group('2026-11-18T09:59')).toBe('overdue')
    expect(group('2026-11-18T10:01')).toBe('today')
    expect(group('2026-11-19T00:00')).toBe('week')
    expect(group('2026-11-22T23:59')).toBe('week')
    expect(group('2026-11-23T00:00')).toBe('later')
    expect(group('2026-11-01T00:00', 'suspended')).toBe('suspended')
    expect(group(null)).toBe('none')
  })
})

describe('a template', () => {
  it('is filled in from the issue, and leaves other braces alone', () => {
    const values = { number: 'HX-1', category: 'manhole', due: '11-20' }
    expect(fillTemplate('{number} {category} {due} {number} {name}', values)).toBe(
      'HX-1 manhole 11-20 HX-1 {name}',
    )
  })
})

describe('keys', () => {
  it('belong to what is being written, and to the desk everywhere else', () => {
    expect(isTyping(null)).toBe(false)
    for (const tagName of ['TEXTAREA', 'SELECT']) expect(isTyping({ tagName })).toBe(true)
    for (const type of ['text', 'search', 'date'])
      expect(isTyping({ tagName: 'INPUT', type })).toBe(true)
    for (const type of ['checkbox', 'radio'])
      expect(isTyping({ tagName: 'INPUT', type })).toBe(false)
    expect(isTyping({ tagName: 'DIV', isContentEditable: true })).toBe(true)
    expect(isTyping({ tagName: 'BUTTON' })).toBe(false)
  })
})

describe('an empty queue', () => {
  it('is widened to its tab by what narrows it, in the order that was chosen', () => {
    for (const narrow of ['q=x', 'light=red', 'kind=hazard', 'box=1,2,3,4', 'range=30']) {
      expect(formatDesk(widened(parse(narrow))!)).toBe('')
      expect(formatDesk(widened(parse(`state=filed&sort=newest&${narrow}`))!)).toBe(
        '?state=filed&sort=newest',
      )
    }
  })
  it('of a tab alone is as wide as it gets', () => {
    expect(widened(parse(''))).toBeNull()
    for (const tab of TABS) expect(widened({ ...parse(''), ...tabPatch(tab) })).toBeNull()
  })
})
