// The phone's own database: keys, drafts, and what waits to be sent. A write is on the disk when its
// promise resolves, as far as the browser can promise that.

const NAME = 'hexward-field'
const VERSION = 1

export type StoreName = 'keys' | 'drafts' | 'items' | 'files'

/** The device refuses to keep something: no room for it, or forbidden. */
export class StorageError extends Error {
  constructor(
    readonly reason: 'full' | 'refused',
    cause?: unknown,
  ) {
    super(reason, { cause })
    this.name = 'StorageError'
  }
}

function storageError(error: unknown): StorageError {
  const name = error instanceof Error || error instanceof DOMException ? error.name : ''
  return new StorageError(name === 'QuotaExceededError' ? 'full' : 'refused', error)
}

let opening: Promise<IDBDatabase> | null = null

function open(): Promise<IDBDatabase> {
  opening ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION)
    request.onupgradeneeded = () => {
      const db = request.result
      db.createObjectStore('keys')
      db.createObjectStore('drafts')
      const items = db.createObjectStore('items', { keyPath: 'order', autoIncrement: true })
      items.createIndex('id', 'id', { unique: true })
      items.createIndex('account', 'account')
      db.createObjectStore('files')
    }
    request.onsuccess = () => {
      const db = request.result
      // Another tab brings a newer version: this one must not stand in its way.
      db.onversionchange = () => {
        db.close()
        opening = null
      }
      resolve(db)
    }
    request.onerror = () => reject(storageError(request.error))
    request.onblocked = () => reject(new StorageError('refused'))
  }).catch((error: unknown) => {
    opening = null
    throw error
  })
  return opening
}

/** Runs one transaction. `work` asks for everything at once; the value is what its request gives. */
export async function transact<T>(
  stores: StoreName[],
  mode: IDBTransactionMode,
  work: (transaction: IDBTransaction) => IDBRequest<T> | undefined,
): Promise<T | undefined> {
  const db = await open()
  return new Promise<T | undefined>((resolve, reject) => {
    const transaction = db.transaction(stores, mode, { durability: 'strict' })
    let request: IDBRequest<T> | undefined
    transaction.oncomplete = () => resolve(request?.result)
    transaction.onabort = () => reject(storageError(transaction.error))
    try {
      request = work(transaction)
    } catch (error) {
      transaction.abort()
      reject(storageError(error))
    }
  })
}
