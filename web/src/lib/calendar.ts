// A year's notice of holidays and working weekends, as files have it and as the form has it.
import type { components } from '../api/schema'

export type Year = Required<components['schemas']['CalendarYearWire']>

/** Reads a year in the form in which holiday-cn publishes it; null for anything else. */
export function readYearFile(text: string): Year | null {
  let file: unknown
  try {
    file = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return null
  }
  if (typeof file !== 'object' || file === null) return null
  const { year, papers, days } = file as Record<string, unknown>
  if (typeof year !== 'number' || !Array.isArray(days)) return null
  const read = days.map((day: Record<string, unknown>) =>
    typeof day?.date === 'string' && typeof day.isOffDay === 'boolean'
      ? { date: day.date, name: String(day.name ?? ''), works: !day.isOffDay }
      : null,
  )
  if (read.some((day) => day === null)) return null
  return {
    year,
    papers: Array.isArray(papers) ? papers.map(String) : [],
    days: read as Year['days'],
  }
}

/** Whether a day is one of Monday to Friday. */
export function isPlainWorkDay(date: string): boolean {
  const day = new Date(`${date}T00:00:00Z`).getUTCDay()
  return day >= 1 && day <= 5
}

/** The days in order, each once: of two of one date the later row counts. */
export function inOrder(days: Year['days']): Year['days'] {
  const byDate = new Map(days.map((day) => [day.date, day]))
  return [...byDate.values()].sort((a, b) => a.date.localeCompare(b.date))
}
