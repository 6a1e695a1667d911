import { describe, expect, it } from 'vitest'
import { inOrder, isPlainWorkDay, readYearFile } from './calendar'

describe('calendars of work days', () => {
  it('are read as they are published, and nothing else is', () => {
    const day = { name: '元旦', date: '2026-01-01', isOffDay: true }
    const file = { $schema: 'x', year: 2026, papers: ['https://example.cn/n'], days: [day] }
    expect(readYearFile(`\uFEFF${JSON.stringify(file)}`)).toEqual({
      year: 2026,
      papers: ['https://example.cn/n'],
      days: [{ date: '2026-01-01', name: '元旦', works: false }],
    })
    for (const wrong of ['', 'null', '[]', '{"year":"2026","days":[]}', '{"year":2026}'])
      expect(readYearFile(wrong), wrong).toBeNull()
    expect(readYearFile('{"year":2026,"days":[{"date":"2026-01-01"}]}')).toBeNull()
  })

  it('know plain weeks and put days in order', () => {
    expect(isPlainWorkDay('2026-11-20')).toBe(true)
    expect(isPlainWorkDay('2026-11-22')).toBe(false)
    const day = (date: string, works: boolean) => ({ date, name: 'x', works })
    expect(
      inOrder([day('2026-05-01', false), day('2026-01-01', false), day('2026-05-01', true)]),
    ).toEqual([day('2026-01-01', false), day('2026-05-01', true)])
  })
})
