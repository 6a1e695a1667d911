// What the insights page makes of the server's answers: plain functions.
import type { Both, State } from '../api/types'

export interface Lengths {
  n: number
  median_ms: number | null
  p90_ms: number | null
}
export interface StateFlow {
  state: State
  name: Both
  entered: number
  left: Partial<Record<State, number>>
  still: number
  natural: Lengths
  working: Lengths
  waiting: Lengths
}
export interface Flow {
  as_of: string
  from: string
  to: string
  definition: string
  states: StateFlow[]
}
export interface Spread {
  median: number | null
  p25: number | null
  p75: number | null
  p90: number | null
  n: number
  definition: string
  bins: { from_ms: number; to_ms: number; n: number }[]
}
export const TIMES = ['accept_ms', 'handle_ms', 'close_ms'] as const
export type TimesId = (typeof TIMES)[number]
export type GroupTimes = { code: string; name: Both } & Record<TimesId, Spread>
export interface TimesList {
  as_of: string
  by: string
  items: GroupTimes[]
}
export interface BranchProps {
  code: string
  name: string
  areas: { code: string }[]
}

/** Where a time stands on a logarithmic axis from a minute to a quarter, 0 to 1. */
export function logShare(ms: number): number {
  const [low, high] = [Math.log(60_000), Math.log(90 * 86_400_000)]
  return Math.min(1, Math.max(0, (Math.log(Math.max(1, ms)) - low) / (high - low)))
}

/** Those who left, by where they went, the most first. */
export function destinations(flow: StateFlow): { state: State; n: number }[] {
  const all = Object.entries(flow.left) as [State, number][]
  return all.map(([state, n]) => ({ state, n })).sort((a, b) => b.n - a.n)
}

/** States in which issues wait: the ends are none. */
export function waitingStates(flow: Flow): StateFlow[] {
  const ends: readonly State[] = ['closed', 'rejected', 'merged']
  return flow.states.filter((one) => !ends.includes(one.state))
}

/** The grids that a branch serves: itself, or an area around it. */
export function coveredGrids(
  grids: readonly { code: string; path: string }[],
  branches: readonly { areas: readonly { code: string }[] }[],
): Map<string, number> {
  const served = new Map<string, number>()
  for (const { areas } of branches) {
    for (const { code } of areas) served.set(code, (served.get(code) ?? 0) + 1)
  }
  const covered = new Map<string, number>()
  for (const { code, path } of grids) {
    const around = path.split('/').filter(Boolean)
    if (!around.includes(code)) around.push(code)
    const n = around.reduce((sum, one) => sum + (served.get(one) ?? 0), 0)
    if (n > 0) covered.set(code, n)
  }
  return covered
}

/** The periods of a sort that have begun, the latest first, as the server reads them. */
export function periods(sort: 'month' | 'quarter' | 'year', today: string, many = 12): string[] {
  const [year, month] = [Number(today.slice(0, 4)), Number(today.slice(5, 7))]
  return Array.from({ length: sort === 'year' ? 5 : many }, (_, back) => {
    if (sort === 'year') return String(year - back)
    if (sort === 'quarter') {
      const at = year * 4 + Math.floor((month - 1) / 3) - back
      return `${Math.floor(at / 4)}-Q${(at % 4) + 1}`
    }
    const at = year * 12 + month - 1 - back
    return `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`
  })
}
