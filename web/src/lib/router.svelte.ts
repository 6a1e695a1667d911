// A small router over the history API: a path names a page, the query holds its filters.

export type Route =
  | { page: 'welcome' }
  | { page: 'map' }
  | { page: 'issues' }
  | { page: 'issue'; id: string }
  | { page: 'report' }
  | { page: 'track'; number: string | null }
  | { page: 'summary' }
  | { page: 'heatmap' }
  | { page: 'insights' }
  | { page: 'wall' }
  | { page: 'matrix' }
  | { page: 'notices' }
  | { page: 'tasks' }
  | { page: 'outbox' }
  | { page: 'desk' }
  | { page: 'inbox' }
  | { page: 'answers' }
  | { page: 'around' }
  | { page: 'password' }
  | { page: 'admin'; section: string | null }
  | { page: 'missing' }

export function parsePath(path: string): Route {
  const parts = path.split('/').filter(Boolean).map(decode)
  const [first, second] = parts
  if (parts.length === 0) return { page: 'welcome' }
  if (parts.length === 1) {
    switch (first) {
      case 'map':
      case 'issues':
      case 'report':
      case 'summary':
      case 'heatmap':
      case 'insights':
      case 'wall':
      case 'matrix':
      case 'notices':
      case 'tasks':
      case 'outbox':
      case 'desk':
      case 'inbox':
      case 'answers':
      case 'around':
      case 'password':
        return { page: first }
      case 'admin':
        return { page: 'admin', section: null }
      case 'track':
        return { page: 'track', number: null }
    }
  }
  if (parts.length === 2 && second) {
    if (first === 'issues') return { page: 'issue', id: second }
    if (first === 'admin') return { page: 'admin', section: second }
    if (first === 'track') return { page: 'track', number: second }
  }
  return { page: 'missing' }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const address = $state({ path: location.pathname, search: location.search })

export const router = {
  get path() {
    return address.path
  },
  get route(): Route {
    return parsePath(address.path)
  },
  get query() {
    return new URLSearchParams(address.search)
  },
}

function read() {
  address.path = location.pathname
  address.search = location.search
}

export function go(to: string, options: { replace?: boolean } = {}) {
  const samePage = new URL(to, location.href).pathname === location.pathname
  history[options.replace ? 'replaceState' : 'pushState'](null, '', to)
  read()
  if (!samePage) {
    scrollTo(0, 0)
    // A screen reader hears the new page, and Tab starts at its top.
    requestAnimationFrame(() => document.getElementById('main')?.focus({ preventScroll: true }))
  }
}

/** Follows links inside the application without loading it again. Call once. */
export function startRouter() {
  addEventListener('popstate', read)
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const anchor = event.target instanceof Element ? event.target.closest('a') : null
    if (!anchor || anchor.target || anchor.hasAttribute('download')) return
    if (anchor.origin !== location.origin || anchor.pathname.startsWith('/api/')) return
    if (anchor.getAttribute('href')?.startsWith('#')) return
    event.preventDefault()
    // What follows the # stays in the browser: the code of a receipt does.
    go(anchor.pathname + anchor.search + anchor.hash)
  })
}
