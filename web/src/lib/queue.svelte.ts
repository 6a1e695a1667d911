// The queue of the desk: pages by seek, rows that change in place, arrivals that are announced and
// taken on request. Nothing here moves a row that somebody looks at.
import { get, type Query } from '../api/client'
import type { IssueBrief, Page } from '../api/types'
import { isAbort } from '../ui/errors'
import { QUEUE_COUNT_MAX } from './desk'
import { gather } from './live'

const PAGE = 60
const TOUCH_MS = 700
/** The most issues that are looked after at once; the server takes no more either. */
export const TOUCHED_MAX = 200

export class Queue {
  items = $state.raw<IssueBrief[]>([])
  /** Counted up to a limit; at the limit there are more. */
  total = $state<number | null>(null)
  phase = $state<'loading' | 'ready' | 'more' | 'failed'>('loading')
  error = $state<unknown>(null)
  /** How many came that the list does not show yet. */
  fresh = $state(0)
  /** Rows that the filter would no longer find. They stay where they are until the next taking. */
  left = $state.raw<ReadonlySet<string>>(new Set())
  /** Grows when the first page of a query is there, or cannot be had. */
  answered = $state(0)
  private query: Query = {}
  private cursor: string | null = null
  private abort = new AbortController()
  private touched = new Set<string>()
  private arrived = new Set<string>()
  private look = gather(() => void this.catchUp(), TOUCH_MS)

  get hasMore() {
    return this.cursor !== null
  }

  async reset(query: Query) {
    this.query = query
    this.arrived.clear()
    this.fresh = 0
    await this.read(null)
  }

  /** Takes what came: the list is read anew. */
  async take() {
    await this.reset(this.query)
  }

  async more() {
    if (this.phase === 'ready' && this.cursor) await this.read(this.cursor)
  }

  private async read(cursor: string | null) {
    this.abort.abort()
    const { signal } = (this.abort = new AbortController())
    this.phase = cursor ? 'more' : 'loading'
    try {
      const asked = { ...this.query, limit: PAGE, cursor }
      const page = await get<Page<IssueBrief>>('/issues', asked, signal)
      if (cursor) {
        const known = new Set(this.items.map((one) => one.id))
        this.items = [...this.items, ...page.items.filter((one) => !known.has(one.id))]
      } else {
        this.items = page.items
        this.left = new Set()
        this.total = null
        this.answered += 1
        void this.count()
      }
      this.cursor = page.next_cursor
      this.error = null
      this.phase = 'ready'
    } catch (caught) {
      if (isAbort(caught)) return
      this.error = caught
      this.phase = 'failed'
      if (!cursor) this.answered += 1
    }
  }

  /** How many there are is told when they are there to be worked on. */
  private async count() {
    const { query } = this
    const limits = { limit: 0, count: true, count_max: QUEUE_COUNT_MAX + 1 }
    try {
      const { total } = await get<Page<IssueBrief>>('/issues', { ...query, ...limits })
      if (query === this.query) this.total = total
    } catch {
      // The rows are right without it.
    }
  }

  /** Something happened to an issue. */
  touch(id: string) {
    if (this.touched.size < TOUCHED_MAX) this.touched.add(id)
    this.look.call()
  }

  /** Puts an issue that was read elsewhere into its row. */
  put(issue: IssueBrief) {
    this.items = this.items.map((one) => (one.id === issue.id ? { ...one, ...issue } : one))
  }

  private async catchUp() {
    const ids = [...this.touched]
    this.touched.clear()
    const limit = TOUCHED_MAX
    try {
      const [now, matching] = await Promise.all([
        get<Page<IssueBrief>>('/issues', { ids: ids.join(','), limit }),
        get<Page<IssueBrief>>('/issues', { ...this.query, ids: ids.join(','), limit }),
      ])
      const matches = new Set(matching.items.map((one) => one.id))
      const news = new Map(now.items.map((one) => [one.id, one]))
      const rows = new Set(this.items.map((one) => one.id))
      this.items = this.items.map((one) => news.get(one.id) ?? one)
      const left = new Set(this.left)
      for (const id of ids.filter((one) => rows.has(one))) {
        if (matches.has(id)) left.delete(id)
        else left.add(id)
      }
      this.left = left
      for (const id of ids.filter((one) => !rows.has(one))) {
        if (matches.has(id)) this.arrived.add(id)
        else this.arrived.delete(id)
      }
      this.fresh = this.arrived.size
    } catch {
      // The rows are as old as they were; the next event looks again.
      for (const id of ids) this.touched.add(id)
    }
  }

  stop() {
    this.abort.abort()
    this.look.stop()
  }
}
