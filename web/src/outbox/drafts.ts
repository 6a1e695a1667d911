// The draft of a report with its photos, sealed on the device until it goes into the outbox. Each
// tab has a place of its own for it, so that two tabs do not write over each other.
import type { Draft } from '../lib/draft'
import { transact } from './db'
import { seal, sealJson, unseal, unsealJson, type Sealed } from './seal'

const PLACES_MAX = 8
const WAIT_MS = 400
/** A page that is loaded anew finds its own place held for a while by the one that is going. */
const OWN_WAIT_MS = 5_000
const OWN = 'hexward.draft_place'

interface Row {
  draft: Sealed
  photos: Sealed[]
  voice: Sealed | null
  voiceType: string
}
export interface KeptDraft {
  draft: Partial<Draft>
  photos: Blob[]
  voice: Blob | null
}

/** Holds a name for as long as this tab lives; false when another tab has it. */
function hold(name: string, waitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const stop = new AbortController()
    const timer = setTimeout(() => stop.abort(), waitMs)
    const forever = () => {
      clearTimeout(timer)
      resolve(true)
      return new Promise<never>(() => {})
    }
    navigator.locks
      .request(`hexward-draft-${name}`, { signal: stop.signal }, forever)
      .catch(() => resolve(false))
  })
}

async function findPlace(account: string): Promise<string> {
  const places = Array.from({ length: PLACES_MAX }, (_, n) => (n ? `${account}#${n}` : account))
  if (!navigator.locks) return account
  const keys = await transact<IDBValidKey[]>(['drafts'], 'readonly', (one) =>
    one.objectStore('drafts').getAllKeys(),
  )
  const own = sessionStorage.getItem(OWN)
  if (own && places.includes(own) && (await hold(own, OWN_WAIT_MS))) return own
  // A draft that a closed tab has left comes before an empty place.
  const kept = new Set(keys)
  const order = [
    ...places.filter((one) => kept.has(one)),
    ...places.filter((one) => !kept.has(one)),
  ]
  for (const place of order) {
    if (place === own || !(await hold(place, WAIT_MS))) continue
    sessionStorage.setItem(OWN, place)
    return place
  }
  return account
}

const places = new Map<string, Promise<string>>()
/** Where this tab keeps this account's draft.
 * @throws StorageError */
export function placeOf(account: string): Promise<string> {
  const known = places.get(account) ?? findPlace(account)
  places.set(account, known)
  known.catch(() => places.delete(account))
  return known
}

/** @throws StorageError */
export async function keepSealedDraft(account: string, kept: KeptDraft): Promise<void> {
  const photos: Sealed[] = []
  for (const photo of kept.photos) {
    photos.push(await seal(account, 'draft/photo', await photo.arrayBuffer()))
  }
  const { voice } = kept
  const row: Row = {
    draft: await sealJson(account, 'draft', kept.draft),
    photos,
    voice: voice && (await seal(account, 'draft/voice', await voice.arrayBuffer())),
    voiceType: voice?.type ?? '',
  }
  const place = await placeOf(account)
  await transact(['drafts'], 'readwrite', (one) => one.objectStore('drafts').put(row, place))
}

export async function loadSealedDraft(account: string): Promise<KeptDraft | null> {
  const place = await placeOf(account)
  const row = await transact<Row>(['drafts'], 'readonly', (one) =>
    one.objectStore('drafts').get(place),
  )
  if (!row) return null
  const photos: Blob[] = []
  for (const photo of row.photos) {
    photos.push(new Blob([await unseal(account, 'draft/photo', photo)], { type: 'image/jpeg' }))
  }
  const voice =
    row.voice &&
    new Blob([await unseal(account, 'draft/voice', row.voice)], { type: row.voiceType })
  return { draft: await unsealJson(account, 'draft', row.draft), photos, voice }
}

export async function dropSealedDraft(account: string): Promise<void> {
  const place = await placeOf(account)
  await transact(['drafts'], 'readwrite', (one) => one.objectStore('drafts').delete(place))
}
