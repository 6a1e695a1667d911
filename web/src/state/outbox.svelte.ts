// What waits on this device, for the badge and the page; the code that sends is loaded after the
// first page is there.
import type { Item } from '../outbox/items'
import type { Settled } from '../outbox/engine'
import { app } from './session.svelte'

/** Whose items are those of somebody without an account. */
export const NOBODY = 'anonymous'

interface State {
  account: string | null
  items: Item[] | null
  progress: Record<string, number>
  failed: boolean
}
const state = $state<State>({ account: null, items: null, progress: {}, failed: false })

export const outbox = {
  get items() {
    return state.items
  },
  /** What has not arrived yet, or needs a word. */
  get open() {
    return (state.items ?? []).filter((one) => one.state !== 'sent').length
  },
  get failed() {
    return state.failed
  },
  percent(id: string): number | null {
    return state.progress[id] ?? null
  },
}

const engine = () => import('../outbox/engine')
const kept = () => import('../outbox/items')

/** Whether this device can keep things until they are sent. */
export async function canKeep(): Promise<boolean> {
  return (await import('../outbox/seal')).canSeal()
}

async function refresh() {
  const account = state.account
  if (!account) return
  try {
    const { listItems } = await kept()
    const items = await listItems(account)
    if (account === state.account) state.items = items
    state.failed = false
  } catch {
    state.failed = true
  }
}

/** Shows and sends what this account has on this device; another's stays hidden. */
export async function openOutbox(account: string | null) {
  if (account === state.account && state.items) return
  state.account = account
  state.items = null
  state.progress = {}
  if (!(await canKeep())) return
  const { startOutbox } = await engine()
  if (account !== state.account) return
  startOutbox(account, {
    changed: () => void refresh(),
    progress: (id, sent, total) => {
      state.progress[id] = total ? Math.round((sent / total) * 100) : 100
    },
    owner: () => ownerOf(app.session),
  })
}

export function ownerOf(session: { account: { id: string } } | null): string {
  return session?.account.id ?? NOBODY
}

export async function postItem(...args: Parameters<typeof import('../outbox/engine').post>) {
  return (await engine()).post(...args)
}

export async function postUnkept(
  ...args: Parameters<typeof import('../outbox/engine').postUnkept>
) {
  return (await engine()).postUnkept(...args)
}
export async function resendItem(item: Item) {
  await (await engine()).resend($state.snapshot(item) as Item)
}

export async function sendNow() {
  ;(await engine()).hurry()
}

export async function dropItem(item: Item) {
  await (await kept()).deleteItem($state.snapshot(item) as Item)
  ;(await engine()).announce()
}

export type { Item, Settled }
