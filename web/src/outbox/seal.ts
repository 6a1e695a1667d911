// What waits on the phone is sealed with AES-GCM under a key that the browser holds and shows to
// nobody: a copy of the files of a lost phone does not tell what was reported.
import { transact } from './db'

export interface Sealed {
  iv: Uint8Array<ArrayBuffer>
  body: ArrayBuffer
}

const IV_BYTES = 12
const known = new Map<string, CryptoKey>()

/** Sealing needs a secure context: https, or the machine itself. */
export function canSeal(): boolean {
  return isSecureContext && typeof indexedDB !== 'undefined' && Boolean(crypto.subtle)
}

async function keyOf(account: string): Promise<CryptoKey> {
  const held = known.get(account)
  if (held) return held
  const find = () =>
    transact<CryptoKey>(['keys'], 'readonly', (one) => one.objectStore('keys').get(account))
  let key = await find()
  if (!key) {
    const fresh = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
      'encrypt',
      'decrypt',
    ])
    // Of two tabs that come here at once, the first one's key stands.
    await transact(['keys'], 'readwrite', (one) => {
      const store = one.objectStore('keys')
      const look = store.get(account)
      look.onsuccess = () => {
        if (!look.result) store.put(fresh, account)
      }
      return undefined
    })
    key = await find()
  }
  if (!key) throw new Error('the key was not kept')
  known.set(account, key)
  return key
}

/** `name` says what it is, so that one sealed text cannot be put in the place of another. */
export async function seal(account: string, name: string, plain: BufferSource): Promise<Sealed> {
  const key = await keyOf(account)
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
  const additionalData = new TextEncoder().encode(name)
  const body = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, plain)
  return { iv, body }
}

export async function unseal(account: string, name: string, sealed: Sealed): Promise<ArrayBuffer> {
  const key = await keyOf(account)
  const additionalData = new TextEncoder().encode(name)
  return crypto.subtle.decrypt({ name: 'AES-GCM', iv: sealed.iv, additionalData }, key, sealed.body)
}

export async function sealJson(account: string, name: string, value: unknown): Promise<Sealed> {
  return seal(account, name, new TextEncoder().encode(JSON.stringify(value)))
}

export async function unsealJson<T>(account: string, name: string, sealed: Sealed): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await unseal(account, name, sealed))) as T
}

export async function sha256(bytes: BufferSource): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
