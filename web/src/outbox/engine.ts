// The one who sends: oldest first, one after another, in one tab at a time; again after a while
// when the network fails, and at once when it comes back or somebody looks.
import {
  addItem,
  itemFrom,
  listItems,
  pruneItems,
  readFile,
  saveItem,
  type Item,
  type NewItem,
} from './items'
import { OwnerGone, Refused, sendItem, type Sent } from './send'

const WAIT_MS_FIRST = 1_000
const WAIT_MS_MAX = 120_000
const ANSWER_MS_MAX = 15_000

export type Settled =
  | { state: 'sent'; sent: Sent }
  | { state: 'refused' | 'conflict'; item: Item }
  /** Kept on the device; it goes as soon as it can. */
  | { state: 'later' }

export interface Watcher {
  /** Something of the account's items has changed. */
  changed: () => void
  progress: (id: string, sentBytes: number, totalBytes: number) => void
  /** Whose name a request carries that leaves now. */
  owner: () => string
}

type Answer = (settled: Settled) => void

let account: string | null = null
let watcher: Watcher | null = null
let failures = 0
let timer: ReturnType<typeof setTimeout> | undefined
let running = false
let again = false
const asked = new Map<string, Answer>()
const channel =
  typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('hexward-outbox')

channel?.addEventListener(
  'message',
  (event: MessageEvent<{ progress?: [string, number, number] }>) => {
    const { progress } = event.data
    if (progress) watcher?.progress(...progress)
    else watcher?.changed()
  },
)

function tell(progress?: [string, number, number]) {
  channel?.postMessage(progress ? { progress } : {})
  if (progress) watcher?.progress(...progress)
  else watcher?.changed()
}

/** How long to wait after so many failures in a row: doubled each time, and never all at once. */
export function waitMs(failed: number, random: number): number {
  return Math.min(WAIT_MS_MAX, WAIT_MS_FIRST * 2 ** Math.min(failed, 20)) * (0.5 + random)
}

/** Works for this account from now on; for nobody when it is null. */
export function startOutbox(owner: string | null, watch: Watcher) {
  const isNew = owner !== account
  account = owner
  watcher = watch
  if (!isNew) return
  failures = 0
  if (owner) void pruneItems(owner, Date.now()).then(hurry, hurry)
  watch.changed()
}

/** A good moment to try: the network is back, or the person looks. */
export function hurry() {
  failures = 0
  void run()
}

if (typeof window !== 'undefined') {
  addEventListener('online', hurry)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') hurry()
  })
}

/** Asks the browser not to clear what waits when the device runs out of room. */
async function askToStay() {
  try {
    if (!(await navigator.storage.persisted())) await navigator.storage.persist()
  } catch {
    // An older browser: it clears what was used least, when it must.
  }
}

/** Keeps an item and tries to send it; tells how the first try ended.
 * @throws StorageError when the device does not keep it. */
export async function post(fresh: NewItem): Promise<Settled> {
  await addItem(fresh)
  void askToStay()
  tell()
  const settled = new Promise<Settled>((resolve) => asked.set(fresh.id, resolve))
  // A slow network, or another tab that sends: the person does not wait for it.
  setTimeout(() => settle(fresh.id, { state: 'later' }), ANSWER_MS_MAX)
  hurry()
  return settled
}

const isOwner = (id: string) => watcher?.owner() === id

/** Sends what the device has no room to keep, from where it is on the screen.
 * @throws Refused when it is no use to try again; else whatever kept it from arriving. */
export async function postUnkept(fresh: NewItem): Promise<Sent> {
  const item: Item = { ...(await itemFrom(fresh)), order: 0 }
  return sendItem(item, () => {}, {
    read: (index) => fresh.files[index]!.blob.arrayBuffer(),
    save: () => Promise.resolve(),
    isOwner: () => isOwner(item.account),
  })
}

function settle(id: string, settled: Settled) {
  asked.get(id)?.(settled)
  asked.delete(id)
}

function giveUpForNow() {
  for (const id of [...asked.keys()]) settle(id, { state: 'later' })
  clearTimeout(timer)
  timer = setTimeout(() => void run(), waitMs(failures, Math.random()))
  failures += 1
}

async function run(): Promise<void> {
  if (running) {
    again = true
    return
  }
  if (!account) return
  clearTimeout(timer)
  running = true
  const owner = account
  try {
    do {
      again = false
      await withLock(owner, () => sendAll(owner))
    } while (again && account === owner)
  } catch {
    giveUpForNow()
  } finally {
    running = false
  }
  if (account !== owner) void run()
}

/** One tab sends; another one that holds the lock hears of new items by looking again itself. */
async function withLock(owner: string, work: () => Promise<void>) {
  if (!navigator.locks) return work()
  return navigator.locks.request(`hexward-outbox-${owner}`, () => work())
}

/** The oldest item that may go: an action waits for what was refused before it on its issue. */
export function nextItem(items: readonly Item[]): Item | null {
  const held = new Set<string>()
  for (const item of items) {
    const { issue } = item.payload
    if (item.state === 'waiting' && !(issue && held.has(issue))) return item
    if (item.state !== 'sent' && issue) held.add(issue)
  }
  return null
}

async function sendAll(owner: string) {
  for (;;) {
    const item = nextItem(await listItems(owner))
    if (!item || account !== owner) break
    await sendOne(item)
    failures = 0
  }
  // What is held back behind another item is not sent now.
  for (const id of [...asked.keys()]) settle(id, { state: 'later' })
}

async function sendOne(item: Item) {
  try {
    const sent = await sendItem(item, (...bytes) => tell([item.id, ...bytes]), {
      read: (index) => readFile(item, index),
      save: () => saveItem(item),
      isOwner: () => isOwner(item.account),
    })
    item.state = 'sent'
    item.outcome = { receipt: sent.receipt, problem: null }
    item.ended = Date.now()
    await saveItem(item)
    settle(item.id, { state: 'sent', sent })
  } catch (error) {
    if (error instanceof OwnerGone) throw error
    if (!(error instanceof Refused)) {
      item.tries += 1
      await saveItem(item)
      tell()
      throw error
    }
    item.state = error.conflict ? 'conflict' : 'refused'
    item.outcome = { receipt: null, problem: error.problem }
    item.ended = Date.now()
    await saveItem(item)
    settle(item.id, { state: item.state, item })
  }
  tell()
}

/** Changes an item that was refused, and sends it anew. */
export async function resend(item: Item) {
  item.state = 'waiting'
  item.outcome = { receipt: null, problem: null }
  item.ended = null
  await saveItem(item)
  tell()
  hurry()
}

/** What has changed is shown in all tabs. */
export function announce() {
  tell()
}
