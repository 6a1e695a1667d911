// How many notices the reader has not read yet: for the bell, and renewed by the page of notices.
import { get } from '../api/client'
import type { Notice, Page } from '../api/types'

const state = $state<{ unread: number }>({ unread: 0 })

export const notices = {
  get unread() {
    return state.unread
  },
}

/** Asks again. A bell that cannot ask keeps what it knew. */
export async function countNotices() {
  try {
    const page = await get<Page<Notice>>('/notices', { unread: true, limit: 0 })
    state.unread = page.total ?? 0
  } catch {
    // The pages say what is wrong with the connection; the bell is not the place.
  }
}
