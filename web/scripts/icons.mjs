// Draws the icons of the installed application from favicon.svg: `node scripts/icons.mjs`.
import { readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'

const at = (path) => new URL(`../public/${path}`, import.meta.url)
const svg = readFileSync(at('favicon.svg'), 'utf8')
/** Name, edge in pixels, and how much of the edge the drawing fills. A maskable icon keeps what it
 * shows within the middle four fifths and has no clear corner. */
const ICONS = [
  ['icon-192', 192, 1, 'transparent'],
  ['icon-512', 512, 1, 'transparent'],
  ['maskable-512', 512, 0.64, '#0f4c5c'],
]

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
for (const [name, edge, share, ground] of ICONS) {
  const page = await browser.newPage({ viewport: { width: edge, height: edge } })
  const side = Math.round(edge * share)
  await page.setContent(
    `<body style="margin:0;display:grid;place-items:center;height:100vh;background:${ground}">` +
      svg.replace('<svg ', `<svg width="${side}" height="${side}" `),
  )
  const path = at(`icons/${name}.png`).pathname
  await page.screenshot({ path, omitBackground: ground === 'transparent' })
  await page.close()
}
await browser.close()
