import { describe, expect, it } from 'vitest'
import { hoursFromWords, hoursInWords, USUAL_HOURS } from './hours'

describe('hours on duty', () => {
  it('are read from either language', () => {
    for (const [words, wire] of [
      ['周一至周五 08:00-12:00，14:00-18:00', 'Mon-Fri 08:00-12:00,14:00-18:00'],
      ['周一至周五08：00—12：00；周六 9:00-12:00', 'Mon-Fri 08:00-12:00; Sat 9:00-12:00'],
      ['星期天 22:00 - 06:00', 'Sun 22:00-06:00'],
      ['工作日 08:00-18:00', 'Mon-Fri 08:00-18:00'],
      ['每天 08:00-20:00', 'Mon-Sun 08:00-20:00'],
      ['Mon-Fri 08:00-12:00', 'Mon-Fri 08:00-12:00'],
      ['08:00-12:00', '08:00-12:00'],
      ['', ''],
      ['随便', '随便'],
    ] as const)
      expect(hoursFromWords(words), words).toBe(wire)
  })

  it('are told with the spans of the same days together', () => {
    const kept = 'Mon,Tue,Wed,Thu,Fri 08:00-12:00; Mon,Tue,Wed,Thu,Fri 14:00-18:00; Sun 09:00-10:00'
    expect(hoursInWords(kept, 'zh-CN')).toBe(
      '周一至周五 08:00-12:00、14:00-18:00；周日 09:00-10:00',
    )
    expect(hoursInWords(kept, 'en')).toBe('Mon–Fri 08:00-12:00, 14:00-18:00; Sun 09:00-10:00')
    expect(hoursInWords('Mon,Wed 08:00-09:00', 'zh-CN')).toBe('周一、周三 08:00-09:00')
    expect(hoursInWords('', 'en')).toBe('')
  })

  it('come back from their words', () => {
    for (const text of USUAL_HOURS)
      for (const locale of ['zh-CN', 'en'] as const)
        expect(hoursInWords(hoursFromWords(hoursInWords(text, locale)), locale)).toBe(
          hoursInWords(text, locale),
        )
  })
})
