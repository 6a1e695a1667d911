// Fails when what a phone loads before it asks for the map is larger than the promise.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const FIRST_LOAD_BYTES_MAX = 80_000
const ROUTES = ['src/pages/Welcome.svelte', 'src/pages/Report.svelte', 'src/pages/Track.svelte']

const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))
const gzipBytes = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 6 }).length

/** The chunk and everything that it imports at once (not what it imports on demand). */
function filesOf(key, seen = new Set()) {
  const chunk = manifest[key]
  if (!chunk) throw new Error(`the bundle has no ${key}`)
  seen.add(chunk.file)
  for (const style of chunk.css ?? []) seen.add(style)
  for (const next of chunk.imports ?? []) if (!seen.has(manifest[next].file)) filesOf(next, seen)
  return seen
}

let failed = false
for (const route of ROUTES) {
  const files = new Set(['index.html', ...filesOf('index.html'), ...filesOf(route)])
  const total = [...files].reduce((sum, file) => sum + gzipBytes(file), 0)
  const over = total > FIRST_LOAD_BYTES_MAX
  failed ||= over
  console.log(`${over ? 'TOO LARGE' : 'ok'}  ${route}: ${total} of ${FIRST_LOAD_BYTES_MAX} B gzip`)
}
process.exit(failed ? 1 : 0)
