import { describe, expect, it } from 'vitest'
import type { ActionField, ActionOffer, Category, FieldKind } from '../api/types'
import { fillDays, linePath, niceCeiling } from './chart'
import { emptyDraft, makeKey, parseDraft } from './draft'
import {
  addDays,
  clockAmount,
  duration,
  instantOf,
  localDay,
  metersBetween,
  NONE,
  percent,
  through,
} from './format'
import { canDraw, drawnFields, panelOf } from './offers'
import { fitWithin } from './photo'
import { parsePosition } from './place'
import { reportBody, reportGaps } from './report'
import { groupByName, searchCategories } from './search'

const category = (
  code: string,
  name: string,
  nameEn: string,
  conditions: string[] = [],
  anonymous = true,
): Category => ({
  code,
  scheme: 's',
  kind: 'hazard',
  big_code: '01',
  big_name: '公用设施',
  small_code: code,
  name,
  name_zh: name,
  name_en: nameEn,
  pinyin: '',
  nature: null,
  anonymous_allowed: anonymous,
  conditions: conditions.map((text, index) => ({
    code: `${code}-${index}`,
    text,
    closing_condition: null,
    limit: null,
    photo_required: false,
    responsible_units: [],
  })),
})
const COVER = category('0101', '上水井盖', 'Manhole cover', ['缺失', '弹跳'])
const LAMP = category('0110', '路灯', 'Street lamp')

describe('an end', () => {
  it('is told by its last day when it ends as a day does, else by its minute', () => {
    expect(through('2026-12-01T16:00:00.000Z', 'en', 'Asia/Shanghai')).toBe('2026-12-01')
    expect(through('2026-12-01T16:00:00.000Z', 'en', 'UTC')).toBe('01/12/2026, 16:00')
    expect(through('2026-12-01T15:59:59.999Z', 'en', 'Asia/Shanghai')).toBe('01/12/2026, 23:59')
  })
})

describe('numbers and times', () => {
  it('100 % is said of all only, and 0 % of none only', () => {
    expect(percent(1, 'en')).toBe('100%')
    expect(percent(0.99999, 'en')).toBe('99.9%')
    expect(percent(0.00001, 'en')).toBe('0.1%')
    expect(percent(0, 'en')).toBe('0%')
    expect(percent(null, 'en')).toBe(NONE)
  })

  it('a day belongs to the time zone of the instance', () => {
    expect(localDay('2026-11-19T16:30:00Z', 'Asia/Shanghai')).toBe('2026-11-20')
    expect(localDay('2026-11-19T16:30:00Z', 'America/Los_Angeles')).toBe('2026-11-19')
  })

  it('days are added across months, years and a leap day', () => {
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
    expect(addDays('2028-03-01', -1)).toBe('2028-02-29')
  })

  it('a duration takes the largest unit that fits', () => {
    expect(duration(90_000, 'en')).toBe('1.5 min')
    expect(duration(26 * 3_600_000, 'en')).toBe('1.1 days')
    expect(duration(null, 'en')).toBe(NONE)
  })
})

describe('clocks and places', () => {
  it('a local time is the instant of its zone, on both sides of a change of offset', () => {
    expect(instantOf('2026-07-01T08:30', 'Asia/Shanghai')).toBe('2026-07-01T00:30:00.000Z')
    expect(instantOf('2026-03-29T01:30', 'Europe/Berlin')).toBe('2026-03-29T00:30:00.000Z')
    expect(instantOf('2026-03-29T03:30', 'Europe/Berlin')).toBe('2026-03-29T01:30:00.000Z')
    expect(instantOf('tomorrow', 'Asia/Shanghai')).toBeNull()
  })

  it('days of a limit are counted by 1,440 minutes, hours by 60', () => {
    expect(clockAmount(2160, 'work_day', 'en')).toEqual({ days: '1.5' })
    expect(clockAmount(-125, 'work_hour', 'en')).toEqual({ hours: '2 hr 5 min' })
    expect(clockAmount(0, 'urgent_hour', 'en')).toEqual({ hours: '0 min' })
  })

  it('a degree of latitude is 111 km', () => {
    expect(metersBetween([113, 34], [113, 35])).toBeCloseTo(111_195, -1)
    expect(metersBetween([113, 34], [113, 34])).toBe(0)
  })
})

describe('offers', () => {
  const offer = (action: string, ...kinds: [string, boolean][]): ActionOffer => ({
    action,
    name: { zh: action, en: action },
    to: null,
    tone: 'plain',
    fields: kinds.map(([kind, required]): ActionField => ({
      name: kind,
      kind: kind as FieldKind,
      required,
      label: { zh: kind, en: kind },
    })),
  })

  it('what demands a field of an unknown kind is not offered', () => {
    expect(canDraw(offer('new', ['hologram', true], ['text', false]))).toBe(false)
    expect(canDraw(offer('new', ['hologram', false]))).toBe(false)
    expect(canDraw(offer('new', ['hologram', false], ['text', false]))).toBe(true)
    expect(canDraw(offer('bare'))).toBe(true)
  })

  it('a field that is told twice is drawn once, as the needed one', () => {
    const fields = drawnFields(offer('comment', ['text', true], ['text', false], ['date', false]))
    expect(fields.map((one) => [one.kind, one.required])).toEqual([
      ['text', true],
      ['date', false],
    ])
  })

  it('what has a route of its own opens a panel of its own', () => {
    expect(panelOf(offer('record_parties', ['parties', true]))).toBe('parties')
    expect(panelOf(offer('read_parties', ['text', true]))).toBe('read_parties')
    expect(panelOf(offer('record_agreement', ['choice', true]))).toBe('agreement')
    expect(panelOf(offer('file', ['text', false]))).toBe('form')
  })
})

describe('typed positions', () => {
  it.each([
    ['113.6654, 34.7801', [113.6654, 34.7801]],
    [' 113.6654，34.7801 ', [113.6654, 34.7801]],
    ['-118.2 34', [-118.2, 34]],
  ])('%s is read', (text, expected) => expect(parsePosition(text)).toEqual(expected))

  it.each(['', '113.6', '34.78, 113.66', 'a, b', '1,2,3', '181, 1', '1e3, 2', 'NaN, 1'])(
    '%s is refused',
    (text) => expect(parsePosition(text)).toBeNull(),
  )
})

describe('drafts', () => {
  it('a key is a version 4 UUID, and no two are the same', () => {
    const keys = Array.from({ length: 200 }, makeKey)
    for (const key of keys)
      expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('a kept draft comes back with its key, so that a retry is the same report', () => {
    const draft = { ...emptyDraft(), text: '井盖翘起', position: [113.7, 34.8] as [number, number] }
    expect(parseDraft(JSON.stringify(draft))).toEqual(draft)
  })

  it.each([null, '', 'not json', '3', 'null', '{"text":7,"anonymous":"yes"}'])(
    '%s gives a usable draft',
    (text) => {
      const draft = parseDraft(text)
      expect(draft.text).toBe('')
      expect(draft.anonymous).toBe(false)
      expect(draft.key).toHaveLength(36)
    },
  )
})

describe('what a report lacks', () => {
  const full = {
    ...emptyDraft(),
    position: [113.7, 34.8] as [number, number],
    category: '0101',
    condition: '0101-0',
    text: '缺失',
  }

  it('a full draft lacks nothing', () => expect(reportGaps(full, COVER)).toEqual([]))
  it('names each gap in the order of the form', () => {
    expect(reportGaps({ ...emptyDraft(), settled: true, name: 'A' }, null)).toEqual([
      'position',
      'category',
      'text',
      'contact',
      'settle',
    ])
  })
  it('asks for the condition only where the category has some', () => {
    expect(reportGaps({ ...full, condition: null }, COVER)).toEqual(['category'])
    expect(reportGaps({ ...full, condition: null }, LAMP)).toEqual([])
  })
  it('an anonymous report carries no contact', () => {
    const body = reportBody({ ...full, anonymous: true, name: 'A', phone: '1' }, COVER, {
      settle: false,
    })
    expect(body.anonymous).toBe(true)
    expect(body).not.toHaveProperty('contact')
  })
  it('a category that forbids it makes the report not anonymous', () => {
    const strict = { ...COVER, anonymous_allowed: false }
    expect(reportBody({ ...full, anonymous: true }, strict, { settle: false }).anonymous).toBe(
      false,
    )
  })
  it('settling is sent only by those who may settle', () => {
    const settled = { ...full, settled: true, settleNote: '已扶正' }
    expect(reportBody(settled, COVER, { settle: false })).not.toHaveProperty('settle')
    expect(reportBody(settled, COVER, { settle: true })).toMatchObject({
      settle: { note: '已扶正' },
    })
  })
})

describe('finding a category', () => {
  it('by its name before its conditions, in both languages', () => {
    expect(searchCategories([COVER, LAMP], '井盖')).toEqual([COVER])
    expect(searchCategories([COVER, LAMP], 'lamp')).toEqual([LAMP])
    expect(searchCategories([COVER, LAMP], '弹跳')).toEqual([COVER])
    expect(searchCategories([COVER, LAMP], '  ')).toEqual([COVER, LAMP])
    expect(searchCategories([COVER, LAMP], '飞机')).toEqual([])
  })
  it('groups keep every category once', () => {
    expect(groupByName([COVER, LAMP])).toEqual([['公用设施', [COVER, LAMP]]])
  })
})

describe('charts and photos', () => {
  it.each([
    [1, 1],
    [3, 5],
    [11, 20],
    [50, 50],
    [51, 100],
    [999, 1000],
  ])('%d has the ceiling %d', (value, top) => expect(niceCeiling(value)).toBe(top))
  it('a line goes from edge to edge', () => {
    expect(linePath([0, 10], 10, { x: 0, y: 0, width: 100, height: 50 })).toBe(
      'M0.0 50.0L100.0 0.0',
    )
    expect(linePath([5], 10, { x: 0, y: 0, width: 100, height: 50 })).toBe('M0.0 25.0')
  })
  it('a day without news is a zero between its neighbours, across the end of a month', () => {
    const day = (day: string, reported: number) => ({ day, reported, closed: 0 })
    expect(fillDays([day('2026-03-02', 4), day('2026-02-27', 1)])).toEqual([
      day('2026-02-27', 1),
      day('2026-02-28', 0),
      day('2026-03-01', 0),
      day('2026-03-02', 4),
    ])
    expect(fillDays([])).toEqual([])
  })
  it('a photo is made smaller, never larger, and keeps its proportions', () => {
    expect(fitWithin(4000, 3000, 2000)).toEqual([2000, 1500])
    expect(fitWithin(800, 600, 2000)).toEqual([800, 600])
    expect(fitWithin(10000, 1, 2000)).toEqual([2000, 1])
  })
})
