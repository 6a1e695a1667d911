// Sending one item: its files in chunks that go on where they broke off, then the item itself under
// its key, so that however often it is tried, it arrives once.
import { ApiError, send, type Answer } from '../api/client'
import type { Issue, Problem, ReportReceipt } from '../api/types'
import type { FileNote, Item } from './items'

const CHUNK_BYTES = 256 * 1024
/** A file may begin anew a few times: it expired, or came out damaged. */
const RESTARTS_MAX = 3

interface Upload {
  id: string
  offset: number
  size: number
  complete: boolean
}

export interface Sent {
  receipt: ReportReceipt | null
  issue: Issue | null
  etag: string | null
}

/** The server will not take this, however often it is sent. */
export class Refused extends Error {
  constructor(
    readonly problem: Problem,
    readonly conflict: boolean,
  ) {
    super(problem.detail ?? problem.title)
    this.name = 'Refused'
  }
}

/** Whoever made the item is not signed in any more, in this tab or in another. */
export class OwnerGone extends Error {
  override name = 'OwnerGone'
}

/** Where the item is kept while it is sent. */
export interface Keeping {
  read: (index: number) => Promise<ArrayBuffer>
  /** Notes what has been sent of it. */
  save: () => Promise<void>
  /** Whether a request that leaves now goes in the name of the item's owner. */
  isOwner: () => boolean
}

/** No request leaves for an item in another's name, nor in nobody's. */
const guarded =
  ({ isOwner }: Keeping) =>
  <T>(...request: Parameters<typeof send>): Promise<Answer<T>> => {
    if (!isOwner()) throw new OwnerGone()
    return send<T>(...request)
  }
type Guarded = ReturnType<typeof guarded>

export type Progress = (sentBytes: number, totalBytes: number) => void

/** A problem of our own server's; what a gateway or a captive portal says is no judgement. */
function isJudgement(error: unknown): error is ApiError {
  return (
    error instanceof ApiError &&
    !error.code.startsWith('http_') &&
    error.status >= 400 &&
    error.status < 500 &&
    ![401, 408, 425, 429].includes(error.status) &&
    !['csrf', 'password_change_required'].includes(error.code)
  )
}

const isAnonymous = (item: Item) => item.payload.body.anonymous === true

function bodyOf(chunk: ArrayBuffer) {
  return new Blob([chunk], { type: 'application/octet-stream' })
}

/** Sends the chunks of one file; gives the id of the whole upload. */
async function sendFile(
  ask: Guarded,
  isAnonymous: boolean,
  note: FileNote,
  bytes: ArrayBuffer,
  progress: (sentBytes: number) => void,
): Promise<string> {
  for (let restart = 0; ; restart += 1) {
    const announced = {
      sha256: note.sha256,
      size: note.size,
      type: note.type,
      anonymous: isAnonymous,
    }
    let { data: upload } = await ask<Upload>('/uploads', { body: announced })
    try {
      while (!upload.complete) {
        const { id, offset } = upload
        progress(offset)
        const raw = bodyOf(bytes.slice(offset, offset + CHUNK_BYTES))
        upload = await sendChunk(ask, id, offset, raw)
      }
      progress(note.size)
      return upload.id
    } catch (error) {
      const begins =
        error instanceof ApiError && (error.status === 404 || error.code === 'upload_hash')
      if (!begins || restart >= RESTARTS_MAX) throw error
    }
  }
}

async function sendChunk(ask: Guarded, id: string, offset: number, raw: Blob): Promise<Upload> {
  try {
    const path = `/uploads/${id}`
    return (await ask<Upload>(path, { method: 'PATCH', query: { offset }, raw })).data
  } catch (error) {
    // Its answer was lost: the server has it already.
    if (error instanceof ApiError && error.code === 'upload_offset')
      return (await ask<Upload>(`/uploads/${id}`)).data
    throw error
  }
}

async function sendFiles(item: Item, progress: Progress, keeping: Keeping) {
  const { files } = item.payload
  const total = files.reduce((sum, file) => sum + file.size, 0)
  let before = 0
  for (const [index, file] of files.entries()) {
    if (!file.upload) {
      const bytes = await keeping.read(index)
      const done = before
      const tell = (n: number) => progress(done + n, total)
      file.upload = await sendFile(guarded(keeping), isAnonymous(item), file, bytes, tell)
      await keeping.save()
    }
    before += file.size
    progress(before, total)
  }
}

function namesOf(item: Item): Record<string, string[]> {
  const { files, kind } = item.payload
  const ids = (wanted: (file: FileNote) => boolean) =>
    files.filter(wanted).flatMap((file) => (file.upload ? [file.upload] : []))
  const before = kind === 'action' ? ids((file) => file.use === 'before') : []
  const shown = ids((file) => kind === 'report' || file.use !== 'before')
  return {
    ...(shown.length ? { uploads: shown } : {}),
    ...(before.length ? { before_uploads: before } : {}),
  }
}

async function post(item: Item, ask: Guarded): Promise<Sent> {
  const { path, body, seen, kind } = item.payload
  const headers: Record<string, string> = { 'Idempotency-Key': item.id }
  if (seen) headers['If-Match'] = seen
  const whole = { ...body, ...namesOf(item) }
  if (kind === 'report') {
    const { data } = await ask<ReportReceipt>(path, { body: whole, headers })
    return { receipt: data, issue: null, etag: null }
  }
  const answer = await ask<Issue>(path, { body: whole, headers })
  return { receipt: null, issue: answer.data, etag: answer.etag }
}

const names = (error: ApiError, field: string) =>
  error.problem.errors?.some((one) => one.field === field) ?? false

/** Sends an item whole.
 * @throws Refused when it is no use to try again; OwnerGone; else what kept it from arriving. */
export async function sendItem(item: Item, progress: Progress, keeping: Keeping): Promise<Sent> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await sendFiles(item, progress, keeping)
      return await post(item, guarded(keeping))
    } catch (error) {
      if (!isJudgement(error)) throw error
      const canMend = attempt < RESTARTS_MAX && error.status === 422
      if (canMend && names(error, 'uploads') && item.payload.files.length) {
        // The files had expired there; they are still here.
        item.payload.files.forEach((file) => (file.upload = null))
      } else if (canMend && names(error, 'occurred_at')) {
        // This phone's clock is wrong: the report counts from when it arrives.
        delete item.payload.body.occurred_at
      } else {
        throw new Refused(error.problem, error.status === 412 || error.status === 409)
      }
      await keeping.save()
    }
  }
}
