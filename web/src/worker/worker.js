// The service worker: the application opens without a network, and a field worker's own lists are
// there as they were last seen. What is one person's is kept under that person's name and is gone
// with the session. The build puts `BUILD` (version, and what to keep from the start) before this.
/* global BUILD */

const SHELL = `hexward-shell-${BUILD.version}`
const DATA = 'hexward-data-'
const META = 'hexward-meta'
const WHO = '/who'
const NOBODY = 'anonymous'
/** A phone with a cached answer does not wait longer than this for a better one. */
const ANSWER_MS_MAX = 6_000
const KEPT_MAX = 300

/** What everyone may keep, and what a person may keep for herself. */
const COMMON = [/^\/instance$/, /^\/categories$/, /^\/departments$/, /^\/areas(\/|$)/]
const OWN = [/^\/session$/, /^\/tasks$/, /^\/issues\/[0-9a-f-]{36}(\/events)?$/]

self.addEventListener('install', (event) => {
  event.waitUntil(keepShell(BUILD.first))
})

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOldShells().then(() => self.clients.claim()))
})

self.addEventListener('message', (event) => {
  const { type } = event.data ?? {}
  if (type === 'take-over') self.skipWaiting()
  // A field worker's phone keeps the rest, too: the map above all.
  if (type === 'keep-all') event.waitUntil(keepShell(BUILD.later))
})

async function keepShell(paths) {
  const cache = await caches.open(SHELL)
  const missing = []
  for (const path of paths) if (!(await cache.match(path))) missing.push(path)
  // Hashed names never change; what has none must not come from the browser's own cache.
  await cache.addAll(missing.map((path) => new Request(path, { cache: 'no-cache' })))
}

async function dropOldShells() {
  const names = await caches.keys()
  const old = names.filter((name) => name.startsWith('hexward-shell-') && name !== SHELL)
  await Promise.all(old.map((name) => caches.delete(name)))
}

async function who() {
  const kept = await (await caches.open(META)).match(WHO)
  return kept ? kept.text() : NOBODY
}

/** From now on this is whose data is kept; that of others is deleted. Waits for who is writing. */
function setWho(id) {
  return navigator.locks.request(WHO, async () => {
    const names = await caches.keys()
    const others = names.filter((name) => name.startsWith(DATA) && name !== DATA + id)
    // Nobody's is what everyone may keep, and a page asks for it while it is still asking who it is.
    if (others.includes(DATA + NOBODY)) await carryOver(DATA + NOBODY, DATA + id)
    await Promise.all(others.map((name) => caches.delete(name)))
    const meta = await caches.open(META)
    try {
      await meta.put(WHO, new Response(id))
    } catch {
      // No room even for a name: nobody's it is, and what is one person's is not kept.
      await meta.delete(WHO)
    }
  })
}

async function carryOver(from, to) {
  const [source, target] = [await caches.open(from), await caches.open(to)]
  for (const request of await source.keys()) {
    if (await target.match(request)) continue
    const kept = await source.match(request)
    // Without room it is asked for again.
    if (kept) await target.put(request, kept).catch(() => {})
  }
}

/** How often somebody signed in or out: what was asked before that says nothing of who it is now. */
let changes = 0

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (url.origin !== location.origin) return
  if (url.pathname === '/api/v1/session' && request.method !== 'GET') {
    event.respondWith(changeSession(request))
  } else if (request.method !== 'GET') return
  else if (url.pathname.startsWith('/api/')) {
    const path = url.pathname.replace(/^\/api\/v1/, '')
    if ([...COMMON, ...OWN].some((one) => one.test(path)))
      event.respondWith(readData(request, path))
  } else if (request.mode === 'navigate') event.respondWith(fromShell('/', request))
  else if (BUILD.first.includes(url.pathname) || url.pathname.startsWith('/assets/'))
    event.respondWith(fromShell(url.pathname, request))
})

async function fromShell(path, request) {
  const cache = await caches.open(SHELL)
  const kept = await cache.match(path)
  if (kept) return kept
  const answer = await fetch(request)
  // Without room the page has it all the same.
  if (answer.ok && path.startsWith('/assets/'))
    await cache.put(path, answer.clone()).catch(() => {})
  return answer
}

/** Signing in and out: whose data it is changes before the page hears of it. */
async function changeSession(request) {
  changes += 1
  const answer = await fetch(request)
  changes += 1
  if (request.method === 'DELETE' && (answer.ok || answer.status === 401)) await setWho(NOBODY)
  if (request.method === 'POST' && answer.ok) {
    const session = await answer.clone().json()
    await setWho(session.account.id)
  }
  return answer
}

function timeout(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms, null))
}

/** The network first; the last good answer when none comes, marked with its time. */
async function readData(request, path) {
  const language = request.headers.get('Accept-Language') ?? ''
  const key = `${request.url}${request.url.includes('?') ? '&' : '?'}language=${language}`
  const owner = await who()
  const cache = await caches.open(DATA + owner)
  const kept = await cache.match(key)
  const before = changes
  const asked = fetch(request).then(
    (answer) => keep(answer, { path, owner, key, before }),
    () => null,
  )
  const answer = await (kept ? Promise.race([asked, timeout(ANSWER_MS_MAX)]) : asked)
  // A gateway that is down is as good as no network.
  if (answer && ![502, 503, 504].includes(answer.status)) return answer
  return kept ?? answer ?? Response.error()
}

async function keep(answer, { path, owner, key, before }) {
  if (path === '/session' && before === changes) {
    if (answer.status === 401) await setWho(NOBODY)
    else if (answer.ok) {
      owner = (await answer.clone().json()).account.id
      if (owner !== (await who())) await setWho(owner)
    }
  }
  if (answer.status !== 200 || before !== changes) return answer
  const body = await answer.clone().arrayBuffer()
  const headers = new Headers(answer.headers)
  headers.set('X-Kept-At', new Date().toISOString())
  const isCommon = COMMON.some((one) => one.test(path))
  await navigator.locks.request(WHO, { mode: 'shared' }, async () => {
    const now = await who()
    // It was asked for before it was known who asks.
    if (isCommon && owner === NOBODY) owner = now
    // Whoever signed out meanwhile leaves nothing behind, and nobody has anything of her own.
    if (owner !== now || (owner === NOBODY && !isCommon)) return
    const cache = await caches.open(DATA + owner)
    // A phone without room keeps what it had; the answer is as good.
    await cache.put(key, new Response(body, { headers })).catch(() => {})
    await trim(cache)
  })
  return answer
}

async function trim(cache) {
  const keys = await cache.keys()
  await Promise.all(
    keys.slice(0, Math.max(0, keys.length - KEPT_MAX)).map((one) => cache.delete(one)),
  )
}
