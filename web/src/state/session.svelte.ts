// Who is signed in, and which instance this is.
import { tick } from 'svelte'
import { ApiError, configure, get, send } from '../api/client'
import type { Instance, Role, Session } from '../api/types'

interface State {
  ready: boolean
  session: Session | null
  instance: Instance | null
}
const state = $state<State>({ ready: false, session: null, instance: null })

function adopt(session: Session | null) {
  state.session = session
  configure({ csrf: session?.csrf_token ?? null })
}

configure({ onUnauthenticated: () => adopt(null) })

/** The tabs of one browser have one session: what becomes of it in one is so in all. */
const tabs =
  typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('hexward-session')
tabs?.addEventListener('message', ({ data }: MessageEvent<'in' | 'out'>) => {
  if (data === 'out') adopt(null)
  // Without an answer it stays as it was: the next request tells.
  else void loadSession().catch(() => {})
})

export const app = {
  get ready() {
    return state.ready
  },
  get session() {
    return state.session
  },
  get instance() {
    return state.instance
  },
  /** The session may see issues and numbers. */
  get isStaff() {
    return (state.session?.grants.length ?? 0) > 0
  },
}

export function hasRole(role: Role): boolean {
  return state.session?.grants.some((grant) => grant.role === role) ?? false
}

/** Reads the instance and an existing session.
 * @throws ApiError or NetworkError when the server cannot be asked. */
export async function loadApp() {
  const [instance] = await Promise.all([get<Instance>('/instance'), loadSession()])
  state.instance = instance
  state.ready = true
}

async function loadSession() {
  try {
    adopt((await send<Session>('/session', { anonymous: true })).data)
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) adopt(null)
    else throw error
  }
}

export async function signIn(login: string, password: string) {
  const answer = await send<Session>('/session', { body: { login, password }, anonymous: true })
  adopt(answer.data)
  tabs?.postMessage('in')
}

export async function changePassword(current: string, next: string) {
  await send<void>('/session/password', { body: { current, new: next } })
  await loadSession()
}

export async function signOut() {
  const session = state.session
  // The pages go first: what they still ask for would be refused.
  state.session = null
  await tick()
  try {
    await send<void>('/session', { method: 'DELETE', anonymous: true })
    adopt(null)
    tabs?.postMessage('out')
  } catch (error) {
    adopt(session)
    throw error
  }
}
