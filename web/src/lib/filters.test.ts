import { describe, expect, it } from 'vitest'
import {
  DEFAULTS,
  formatFilters,
  issueQuery,
  listAddress,
  metricQuery,
  parseFilters,
  windowOf,
  type Filters,
} from './filters'

const parse = (text: string) => parseFilters(new URLSearchParams(text))

describe('filters in the address', () => {
  it('an empty address means the defaults, and the defaults an empty address', () => {
    expect(parse('')).toEqual(DEFAULTS)
    expect(formatFilters(DEFAULTS)).toBe('')
  })

  it.each<Partial<Filters>>([
    { range: { tag: 'all' } },
    { range: { tag: 'days', days: 7 } },
    { range: { tag: 'dates', from: '2026-01-01', to: '2026-02-28' } },
    { kind: 'dispute', category: '0101', department: 'D01' },
    { layer: 'grid', metric: 'rework_rate', points: false },
    { states: ['reported', 'filed'], q: '井盖 & 路灯', sort: 'oldest' },
    { sort: 'due', light: 'red', attention: 'reply_owed', risk: 'orange' },
    { area: '41010500101', measure: 'closing_rate.denominator' },
    { cell: '882a1072d3fffff', open: true },
  ])('what is written is read back: %j', (patch) => {
    const filters = { ...DEFAULTS, ...patch }
    expect(parse(formatFilters(filters).slice(1))).toEqual(filters)
  })

  it('what is not understood falls back to the default', () => {
    expect(
      parse('range=8&kind=cat&layer=moon&metric=x&state=a,b&from=2026-13-01&to=2026-01-02'),
    ).toEqual(DEFAULTS)
  })

  it('dates in the wrong order are put right', () => {
    expect(parse('from=2026-03-02&to=2026-03-01').range).toEqual({
      tag: 'dates',
      from: '2026-03-01',
      to: '2026-03-02',
    })
  })
})

describe('addresses of the API', () => {
  it('lead to the same list of the interface', () => {
    const api = '/api/v1/issues?cell=882a1072d3fffff&measure=reported&from=2026-01-01&to=2026-02-01'
    expect(listAddress(api)).toBe(
      '/issues?from=2026-01-01&to=2026-02-01&cell=882a1072d3fffff&measure=reported',
    )
    expect(listAddress('/api/v1/issues?reported_from=2026-01-01&reported_to=2026-02-01')).toBe(
      '/issues?from=2026-01-01&to=2026-02-01',
    )
  })
})

describe('the window', () => {
  it('n days end today and include it', () => {
    expect(windowOf({ tag: 'days', days: 7 }, '2026-03-03')).toEqual({
      from: '2026-02-25',
      to: '2026-03-03',
    })
  })

  it('all time reaches ten years back', () => {
    expect(metricQuery({ ...DEFAULTS, range: { tag: 'all' } }, '2026-03-03')).toMatchObject({
      from: '2016-03-06',
      to: '2026-03-03',
    })
  })

  it('a measure takes the window of the metric, a plain list the day of the report', () => {
    const day = '2026-03-03'
    expect(issueQuery(DEFAULTS, day)).toMatchObject({ reported_to: day })
    expect(issueQuery(DEFAULTS, day)).not.toHaveProperty('to')
    const counted = issueQuery({ ...DEFAULTS, measure: 'closing_rate.numerator' }, day)
    expect(counted).toMatchObject({ to: day, measure: 'closing_rate.numerator' })
    expect(counted).not.toHaveProperty('reported_to')
  })
})
