// The build's last step: the service worker with its version and the list of what it keeps.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Manifest, Plugin } from 'vite'

const SOURCE = new URL('../src/worker/worker.js', import.meta.url)
/** All pages but those of the field, and what draws maps: kept when they are used, or when all is
 * asked for. */
const LATER = [
  /^src\/pages\/(?!(Welcome|Report|Tasks|Outbox|IssueDetail|Track|Missing)\.svelte$)/,
  /maplibre|map\/(base|pin|governance|grid)/,
]
const PUBLIC = ['/', '/favicon.svg', '/manifest.webmanifest', '/icons/icon-192.png']

/** What a phone keeps at once, and what it keeps later. */
export function listFiles(manifest: Manifest): { first: string[]; later: string[] } {
  const first = new Set<string>()
  const isLater = (key: string) => LATER.some((one) => one.test(key))
  const visit = (key: string) => {
    const chunk = manifest[key]
    if (!chunk) throw new Error(`the bundle has no ${key}`)
    if (first.has(`/${chunk.file}`)) return
    first.add(`/${chunk.file}`)
    for (const style of chunk.css ?? []) first.add(`/${style}`)
    for (const next of chunk.imports ?? []) visit(next)
    for (const next of chunk.dynamicImports ?? []) if (!isLater(next)) visit(next)
  }
  visit('index.html')
  const all = Object.values(manifest).flatMap((chunk) => [
    chunk.file,
    ...(chunk.css ?? []),
    ...(chunk.assets ?? []),
  ])
  const later = new Set(all.map((file) => `/${file}`).filter((file) => !first.has(file)))
  return { first: [...PUBLIC, ...first].sort(), later: [...later].sort() }
}

export function serviceWorker(): Plugin {
  let out = new URL('../dist/', import.meta.url)
  return {
    name: 'hexward-service-worker',
    apply: 'build',
    configResolved(config) {
      out = new URL(`${config.build.outDir}/`, pathToFileURL(`${config.root}/`))
    },
    closeBundle() {
      const manifest = JSON.parse(
        readFileSync(new URL('.vite/manifest.json', out), 'utf8'),
      ) as Manifest
      const files = listFiles(manifest)
      const source = readFileSync(fileURLToPath(SOURCE), 'utf8')
      const digest = createHash('sha256').update(source).update(JSON.stringify(files))
      for (const path of PUBLIC.slice(1)) digest.update(readFileSync(new URL(path.slice(1), out)))
      digest.update(readFileSync(new URL('index.html', out)))
      const version = digest.digest('hex').slice(0, 12)
      const build = `const BUILD = ${JSON.stringify({ version, ...files })}\n`
      writeFileSync(new URL('sw.js', out), build + source)
    },
  }
}
