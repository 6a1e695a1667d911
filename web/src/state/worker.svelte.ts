// The service worker of this page: registered, asked to keep more, and replaced when the person says.

const CHECK_MS = 3_600_000
const state = $state<{ waiting: ServiceWorker | null }>({ waiting: null })

export const update = {
  /** A newer version is there and waits for the person's word. */
  get isReady() {
    return state.waiting !== null
  },
  take() {
    const next = state.waiting
    if (!next) return
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), {
      once: true,
    })
    next.postMessage({ type: 'take-over' })
  },
}

/** Registers the worker of a built bundle; without one all works, but not without a network. */
export async function startWorker() {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  try {
    const registration = await navigator.serviceWorker.register('/sw.js')
    const look = () => {
      // The first worker of all replaces nothing.
      if (registration.waiting && navigator.serviceWorker.controller)
        state.waiting = registration.waiting
    }
    look()
    registration.addEventListener('updatefound', () => {
      registration.installing?.addEventListener('statechange', look)
    })
    setInterval(() => void registration.update().catch(() => {}), CHECK_MS)
  } catch {
    // Storage forbidden, or no room: the application goes on without.
  }
}

/** A field worker's phone keeps the map and the other pages too, unless it is to save data. */
export async function keepAll() {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return
  const { connection } = navigator as { connection?: { saveData?: boolean } }
  if (connection?.saveData) return
  const registration = await navigator.serviceWorker.ready
  registration.active?.postMessage({ type: 'keep-all' })
}
