// The one way to the server: JSON in and out, problems as typed errors, the CSRF header on writes.
import type { Problem } from './types'

const REQUEST_MS_MAX = 30_000
const UPLOAD_MS_MAX = 180_000
const BASE = '/api/v1'

/** The server refused, with a problem document. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title)
    this.name = 'ApiError'
  }
  get code() {
    return this.problem.code
  }
  get status() {
    return this.problem.status
  }
}

/** No answer came: offline, refused, or too slow. Whether the server acted is not known. */
export class NetworkError extends Error {
  constructor(readonly reason: 'offline' | 'timeout') {
    super(reason)
    this.name = 'NetworkError'
  }
}

type QueryValue = string | number | boolean | null | undefined
export type Query = Record<string, QueryValue>

interface Context {
  csrf: string | null
  language: string
  onUnauthenticated: () => void
  /** An answer came; `keptAt` is its age when the device gave it in the server's place. */
  onAnswer: (keptAt: string | null) => void
  onSilence: () => void
}
const context: Context = {
  csrf: null,
  language: 'zh-CN',
  onUnauthenticated: () => {},
  onAnswer: () => {},
  onSilence: () => {},
}

/** Sets what every request carries. The session and the language own these values. */
export function configure(change: Partial<Context>) {
  Object.assign(context, change)
}

export function apiUrl(path: string, query?: Query): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== '') params.set(key, String(value))
  }
  const text = params.toString()
  return BASE + path + (text ? `?${text}` : '')
}

interface Send {
  method?: string
  query?: Query
  body?: unknown
  form?: FormData
  /** Bytes as they are. */
  raw?: Blob
  headers?: Record<string, string>
  signal?: AbortSignal
  /** A 401 here is an answer, not the end of a session. */
  anonymous?: boolean
}

export interface Answer<T> {
  data: T
  etag: string | null
  headers: Headers
}

function bodyOf({ form, raw, body }: Send): BodyInit | undefined {
  return form ?? raw ?? (body === undefined ? undefined : JSON.stringify(body))
}

export async function send<T>(path: string, options: Send = {}): Promise<Answer<T>> {
  const method = options.method ?? (options.body !== undefined || options.form ? 'POST' : 'GET')
  const headers: Record<string, string> = {
    Accept: 'application/json, application/geo+json, application/problem+json, text/csv',
    'Accept-Language': context.language,
    ...options.headers,
  }
  if (method !== 'GET' && context.csrf) headers['X-CSRF-Token'] = context.csrf
  if (options.body !== undefined) headers['Content-Type'] = 'application/json'
  const stop = new AbortController()
  const abort = () => stop.abort()
  const timer = setTimeout(abort, options.form ? UPLOAD_MS_MAX : REQUEST_MS_MAX)
  options.signal?.addEventListener('abort', abort)
  if (options.signal?.aborted) abort()

  let response: Response
  try {
    response = await fetch(apiUrl(path, options.query), {
      method,
      headers,
      body: bodyOf(options),
      signal: stop.signal,
      credentials: 'same-origin',
    })
  } catch (error) {
    if (options.signal?.aborted) throw error
    context.onSilence()
    throw new NetworkError(stop.signal.aborted ? 'timeout' : 'offline')
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', abort)
  }
  context.onAnswer(response.headers.get('X-Kept-At'))
  if (!response.ok) {
    const problem = await readProblem(response)
    if (response.status === 401 && !options.anonymous) context.onUnauthenticated()
    throw new ApiError(problem)
  }
  const isText = response.headers.get('Content-Type')?.startsWith('text/')
  const data = (
    response.status === 204 ? undefined : isText ? await response.text() : await response.json()
  ) as T
  return { data, etag: response.headers.get('ETag'), headers: response.headers }
}

export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return (await send<T>(path, { query, signal })).data
}

/** A proxy may answer in HTML: such an answer becomes a problem with the status alone. */
async function readProblem(response: Response): Promise<Problem> {
  const plain: Problem = {
    type: 'about:blank',
    title: response.statusText || `HTTP ${response.status}`,
    status: response.status,
    code: `http_${response.status}`,
  }
  if (!response.headers.get('Content-Type')?.includes('json')) return plain
  try {
    return { ...plain, ...((await response.json()) as Partial<Problem>) }
  } catch {
    return plain
  }
}
