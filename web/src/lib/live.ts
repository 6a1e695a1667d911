// Events as they are committed. The browser reconnects by itself and names the last event it saw.
import { apiUrl } from '../api/client'
import type { LiveIssue } from '../api/types'

export interface LiveListeners {
  issue: (issue: LiveIssue) => void
  territory?: () => void
  connected?: (connected: boolean) => void
}

/** Listens until the returned function is called. */
export function listen(on: LiveListeners): () => void {
  const source = new EventSource(apiUrl('/live'))
  source.addEventListener('issue', (event) => {
    const issue = parse(event.data)
    if (issue) on.issue(issue)
  })
  source.addEventListener('territory', () => on.territory?.())
  source.addEventListener('open', () => on.connected?.(true))
  source.addEventListener('error', () => on.connected?.(false))
  return () => source.close()
}

function parse(data: unknown): LiveIssue | null {
  try {
    return typeof data === 'string' ? (JSON.parse(data) as LiveIssue) : null
  } catch {
    return null
  }
}

/** Calls `run` once after a burst of calls, at the latest `ms` after the first of them. */
export function gather(run: () => void, ms: number): { call: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    call() {
      timer ??= setTimeout(() => {
        timer = undefined
        run()
      }, ms)
    },
    stop() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
