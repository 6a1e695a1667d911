// The little geometry that a line chart needs.
import { addDays } from './format'

export interface Day {
  day: string
  reported: number
  closed: number
}

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** The least of 1, 2, 5, 10, 20, 50 … that is not below the value. */
export function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  const step = [1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10
  return step * power
}

/** The path of a line through the values, the first at the left edge and the last at the right. */
export function linePath(values: readonly number[], top: number, box: Box): string {
  const step = values.length > 1 ? box.width / (values.length - 1) : 0
  return values
    .map((value, index) => {
      const x = (box.x + index * step).toFixed(1)
      const y = (box.y + box.height * (1 - value / top)).toFixed(1)
      return `${index === 0 ? 'M' : 'L'}${x} ${y}`
    })
    .join('')
}

/** A series with a row for every day from its first to its last; days that it left out are zero. */
export function fillDays(series: readonly Day[]): Day[] {
  const days = [...series].sort((a, b) => (a.day < b.day ? -1 : 1))
  const filled: Day[] = []
  for (const day of days) {
    const last = filled[filled.length - 1]
    for (let gap = last && addDays(last.day, 1); gap && gap < day.day; gap = addDays(gap, 1)) {
      filled.push({ day: gap, reported: 0, closed: 0 })
    }
    filled.push(day)
  }
  return filled
}
