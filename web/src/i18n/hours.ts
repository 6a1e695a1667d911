// Hours on duty as people write them, and as the server reads them: `Mon-Fri 08:00-12:00`.
import type { Locale } from '../api/types'

const ENGLISH = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const CHINESE = ['一', '二', '三', '四', '五', '六', '日']
/** What is most often meant. */
export const USUAL_HOURS = ['', 'Mon-Fri 08:00-12:00,14:00-18:00', 'Mon-Sun 08:00-20:00']

/** What somebody wrote in either language, as the server reads it; what is no weekday stays. */
export function hoursFromWords(text: string): string {
  const plain = text
    .replace(/[：]/g, ':')
    .replace(/[；]/g, ';')
    .replace(/[，、]/g, ',')
    .replace(/[－–—~～至到]/g, '-')
    .replace(/每天|每日/g, 'Mon-Sun ')
    .replace(/工作日/g, 'Mon-Fri ')
    .replace(/(?:周|星期|礼拜)([一二三四五六日天])/g, (_, day: string) => {
      const index = CHINESE.indexOf(day === '天' ? '日' : day)
      return `${ENGLISH[index]} `
    })
  return plain
    .split(';')
    .map((part) =>
      part
        .replace(/\s*([-,:])\s*/g, '$1')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .filter(Boolean)
    .join('; ')
}

function daysOf(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [first, last] = part.split('-').map((day) => ENGLISH.indexOf(day.trim()))
    if (first === undefined || first < 0 || (last !== undefined && last < 0)) return []
    const length = last === undefined ? 0 : (last + 7 - first) % 7
    return Array.from({ length: length + 1 }, (_, n) => (first + n) % 7)
  })
}

function daysInWords(days: number[], locale: Locale): string {
  const sorted = [...new Set(days)].sort((a, b) => a - b)
  const runs: [number, number][] = []
  for (const day of sorted) {
    const last = runs.at(-1)
    if (last && last[1] === day - 1) last[1] = day
    else runs.push([day, day])
  }
  const name = (day: number) => (locale === 'en' ? ENGLISH[day] : `周${CHINESE[day]}`)
  const to = locale === 'en' ? '–' : '至'
  return runs
    .map(([from, until]) => (from === until ? name(from) : `${name(from)}${to}${name(until)}`))
    .join(locale === 'en' ? ', ' : '、')
}

/** Hours of the server in a person's words; spans of the same days stand together. */
export function hoursInWords(text: string, locale: Locale): string {
  const groups = new Map<string, string[]>()
  for (const part of text.split(';').map((one) => one.trim())) {
    const space = part.lastIndexOf(' ')
    if (space < 0) continue
    const days = daysInWords(daysOf(part.slice(0, space)), locale)
    groups.set(days, [...(groups.get(days) ?? []), ...part.slice(space + 1).split(',')])
  }
  return [...groups]
    .map(([days, spans]) => `${days} ${spans.join(locale === 'en' ? ', ' : '、')}`)
    .join(locale === 'en' ? '; ' : '；')
}
