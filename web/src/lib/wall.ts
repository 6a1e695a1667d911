// What keeps the wall alive for days: a wake lock that comes back, and a live view that does.
import { listen } from './live'

const AGAIN_MS = 5_000
const AGAIN_MS_MAX = 60_000

/** Keeps the screen on while the page is seen; the lock is lost whenever it is hidden. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null
  let gone = false
  const ask = async () => {
    if (gone || document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return
    try {
      const got = await navigator.wakeLock.request('screen')
      if (gone) void got.release()
      else lock = got
    } catch {
      // Refused, as on a low battery: the wall works without.
    }
  }
  const seen = () => void ask()
  document.addEventListener('visibilitychange', seen)
  void ask()
  return () => {
    gone = true
    document.removeEventListener('visibilitychange', seen)
    void lock?.release()
  }
}

/** Listens for reports as they arrive. The browser reconnects by itself after a broken line, and
 * gives up after a refusal, as while the server is being replaced: then this begins anew, later and
 * later. */
export function listenForever(on: {
  arrived: (id: string) => void
  changed: () => void
  connected: (connected: boolean) => void
}): () => void {
  let wait = AGAIN_MS
  let timer: ReturnType<typeof setTimeout> | undefined
  let stop = () => {}
  const begin = () => {
    timer = undefined
    stop = listen({
      issue: (issue) => {
        if (issue.action === 'report') on.arrived(issue.id)
        on.changed()
      },
      territory: on.changed,
      connected: (connected) => {
        on.connected(connected)
        if (connected) wait = AGAIN_MS
        else again()
      },
    })
  }
  const again = () => {
    if (timer) return
    timer = setTimeout(() => {
      stop()
      begin()
    }, wait)
    wait = Math.min(wait * 2, AGAIN_MS_MAX)
  }
  begin()
  return () => {
    clearTimeout(timer)
    stop()
  }
}

/** The latest few, the newest first, each once. */
export function latest<T extends { id: string }>(all: readonly T[], one: T, most: number): T[] {
  return [one, ...all.filter((known) => known.id !== one.id)].slice(0, most)
}
