// What waits to be sent, as it is kept: one row an item, its words and files sealed. An item is
// deleted only by its owner's word, or a time after its receipt.
import type { Problem, ReportReceipt } from '../api/types'
import { transact } from './db'
import { seal, sealJson, sha256, unseal, unsealJson, type Sealed } from './seal'

export type ItemState = 'waiting' | 'sent' | 'refused' | 'conflict'
/** What a file shows: `before` for how things were. */
export type FileUse = 'photo' | 'before' | 'voice'

export interface FileNote {
  use: FileUse
  type: string
  size: number
  sha256: string
  /** The upload that is whole. */
  upload: string | null
}

/** What is sent, and what the person is shown of it. */
export interface Payload {
  kind: 'report' | 'action'
  /** Below /api/v1. */
  path: string
  body: Record<string, unknown>
  /** The version that was seen, for an action. */
  seen: string | null
  title: string
  /** The issue that an action is for. */
  issue: string | null
  number: string | null
  files: FileNote[]
}

export interface Outcome {
  receipt: ReportReceipt | null
  problem: Problem | null
}

export interface Item {
  order: number
  id: string
  account: string
  state: ItemState
  created: number
  ended: number | null
  tries: number
  payload: Payload
  outcome: Outcome
}

interface Row extends Omit<Item, 'order' | 'payload' | 'outcome'> {
  order?: number
  payload: Sealed
  outcome: Sealed
}

const NOTHING: Outcome = { receipt: null, problem: null }
/** How long what was sent is still shown. */
const SENT_MS_MAX = 7 * 86_400_000

const fileKey = (id: string, index: number) => `${id}/${index}`
const nameOf = (id: string, part: string | number) => `${id}/${part}`

async function rowOf(item: Omit<Item, 'order'> & { order?: number }): Promise<Row> {
  const { account, id } = item
  return {
    ...item,
    payload: await sealJson(account, nameOf(id, 'payload'), item.payload),
    outcome: await sealJson(account, nameOf(id, 'outcome'), item.outcome),
  }
}

async function itemOf(row: Row): Promise<Item> {
  const { account, id } = row
  return {
    ...row,
    order: row.order ?? 0,
    payload: await unsealJson<Payload>(account, nameOf(id, 'payload'), row.payload),
    outcome: await unsealJson<Outcome>(account, nameOf(id, 'outcome'), row.outcome),
  }
}

export interface NewItem {
  /** Also the key under which the server takes it once. */
  id: string
  account: string
  payload: Omit<Payload, 'files'>
  files: { use: FileUse; blob: Blob }[]
  /** The place of the draft that it has become. */
  draft?: string | undefined
}

/** The item as it begins. */
export async function itemFrom(fresh: NewItem): Promise<Omit<Item, 'order'>> {
  const files: FileNote[] = []
  for (const { use, blob } of fresh.files) {
    const bytes = await blob.arrayBuffer()
    const type = blob.type.split(';')[0] || 'image/jpeg'
    files.push({ use, type, size: bytes.byteLength, sha256: await sha256(bytes), upload: null })
  }
  return {
    id: fresh.id,
    account: fresh.account,
    state: 'waiting',
    created: Date.now(),
    ended: null,
    tries: 0,
    payload: { ...fresh.payload, files },
    outcome: NOTHING,
  }
}

/** Keeps an item with its files, all or nothing. When this resolves, it is on the device.
 * @throws StorageError, with nothing lost that the caller holds. */
export async function addItem(fresh: NewItem): Promise<void> {
  const { id, account } = fresh
  const bodies: Sealed[] = []
  for (const [index, { blob }] of fresh.files.entries())
    bodies.push(await seal(account, nameOf(id, index), await blob.arrayBuffer()))
  const row = await rowOf(await itemFrom(fresh))
  await transact(['items', 'files', 'drafts'], 'readwrite', (one) => {
    bodies.forEach((body, index) => one.objectStore('files').put(body, fileKey(id, index)))
    // From here on the outbox has it: a draft left beside it would be sent a second time.
    if (fresh.draft) one.objectStore('drafts').delete(fresh.draft)
    one.objectStore('items').add(row)
    return undefined
  })
}

/** Writes what has changed of an item. With its receipt, its files go; never before. */
export async function saveItem(item: Item): Promise<void> {
  const row = await rowOf(item)
  await transact(['items', 'files'], 'readwrite', (one) => {
    one.objectStore('items').put(row)
    if (item.state === 'sent') dropFiles(one, item)
    return undefined
  })
}

function dropFiles(transaction: IDBTransaction, item: Item) {
  item.payload.files.forEach((_, index) =>
    transaction.objectStore('files').delete(fileKey(item.id, index)),
  )
}

/** Deletes an item: by its owner's word, or when it was sent long ago. */
export async function deleteItem(item: Item): Promise<void> {
  await transact(['items', 'files'], 'readwrite', (one) => {
    one.objectStore('items').delete(item.order)
    dropFiles(one, item)
    return undefined
  })
}

/** Everything of one account, the oldest first. */
export async function listItems(account: string): Promise<Item[]> {
  const rows = await transact<Row[]>(['items'], 'readonly', (one) =>
    one.objectStore('items').index('account').getAll(account),
  )
  const items = await Promise.all((rows ?? []).map(itemOf))
  return items.sort((a, b) => a.order - b.order)
}

export async function readFile(item: Item, index: number): Promise<ArrayBuffer> {
  const sealed = await transact<Sealed>(['files'], 'readonly', (one) =>
    one.objectStore('files').get(fileKey(item.id, index)),
  )
  if (!sealed) throw new Error(`file ${index} of ${item.id} is not there`)
  return unseal(item.account, nameOf(item.id, index), sealed)
}

/** Forgets what was sent long ago. */
export async function pruneItems(account: string, now: number): Promise<void> {
  for (const item of await listItems(account)) {
    const isOld = item.state === 'sent' && now - (item.ended ?? now) > SENT_MS_MAX
    if (isOld) await deleteItem(item)
  }
}
