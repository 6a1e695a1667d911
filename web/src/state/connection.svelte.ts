// Whether the server can be heard, and from when the data on the screen is if it cannot.
import { configure } from '../api/client'

const state = $state<{ offline: boolean; keptAt: string | null }>({
  offline: typeof navigator !== 'undefined' && navigator.onLine === false,
  keptAt: null,
})

export const connection = {
  get offline() {
    return state.offline
  },
  /** The oldest answer shown that was kept on the device; null when all are fresh. */
  get keptAt() {
    return state.keptAt
  },
}

configure({
  onAnswer(keptAt) {
    if (keptAt) {
      state.offline = true
      if (!state.keptAt || keptAt < state.keptAt) state.keptAt = keptAt
    } else {
      state.offline = false
      state.keptAt = null
    }
  },
  onSilence() {
    state.offline = true
  },
})

if (typeof window !== 'undefined') {
  addEventListener('offline', () => (state.offline = true))
  addEventListener('online', () => (state.offline = false))
}
