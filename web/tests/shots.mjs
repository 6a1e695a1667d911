// Photographs every page at both sizes, by day and by night, in both languages, into tests/out/.
// Usage: node tests/shots.mjs [name part …]; HEXWARD_URL (default: the stand-in server's address).
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const BASE = process.env.HEXWARD_URL ?? 'http://127.0.0.1:8099'
const LOGIN = process.env.HEXWARD_LOGIN ?? 'dispatcher'
const OUT = fileURLToPath(new URL('./out/', import.meta.url))
const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1440, height: 900 } }
const FLAGS = ['--no-sandbox', '--enable-unsafe-swiftshader', '--disable-background-networking']
const wanted = process.argv.slice(2)
const SETTLE_MS = 3500

/** Each page: its name, and what to do once signed in (or not). */
const PAGES = [
  { name: 'welcome', path: '/', anonymous: true },
  { name: 'map', path: '/map' },
  { name: 'map-grid', path: '/map?layer=grid&points=off' },
  {
    name: 'map-panel',
    path: '/map?points=off',
    then: (page, size) => page.mouse.click(size.width * 0.5, size.height * 0.5),
  },
  {
    name: 'map-filters',
    path: '/map',
    then: async (page) => {
      const button = page.locator('.filter-button')
      if (await button.isVisible()) await button.click()
    },
  },
  { name: 'issues', path: '/issues' },
  {
    name: 'issue',
    path: '/issues',
    then: async (page) => {
      await page.locator('[data-testid=issue-list] a').first().click()
      await page.waitForTimeout(SETTLE_MS)
    },
    full: true,
  },
  {
    name: 'issue-action',
    path: '/issues?state=handling,filed',
    full: true,
    then: async (page) => {
      await page.locator('[data-testid=issue-list] a').first().click()
      await page.locator('[data-action]').first().click()
      await page.locator('.aside details summary').first().click()
      await page.waitForTimeout(SETTLE_MS)
    },
  },
  {
    name: 'map-table',
    path: '/map',
    then: async (page) => {
      const open = page.locator('.filter-button')
      if (await open.isVisible()) await open.click()
      await page.locator('.side .button[aria-pressed]').last().click()
    },
  },
  {
    name: 'receipt',
    path: '/report',
    anonymous: true,
    full: true,
    then: async (page) => {
      await fillReport(page)
      await page.locator('#text').fill('路口护栏断裂，影响通行。')
      await page.locator('[data-testid=send]').click()
    },
  },
  {
    name: 'track',
    path: '/report',
    anonymous: true,
    full: true,
    then: async (page) => {
      await fillReport(page)
      await page.locator('#text').fill('井盖翘起')
      await page.locator('[data-testid=send]').click()
      await page.locator('a[href^="/track/"]').click()
      await page.waitForTimeout(SETTLE_MS)
    },
  },
  { name: 'report', path: '/report', anonymous: true, full: true, then: fillReport },
  { name: 'summary', path: '/summary', full: true },
]

async function fillReport(page) {
  await page.locator('#part-position details summary').click()
  await page.locator('#part-position .typed input').fill('113.7012, 34.8011')
  await page.locator('#part-position .typed button').click()
  await page.locator('[data-category]').first().click()
  const option = page.locator('input[name=condition]').first()
  if (await option.count()) await option.check()
  await page.waitForTimeout(SETTLE_MS)
}

mkdirSync(OUT, { recursive: true })
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: FLAGS,
})
for (const [sizeName, size] of Object.entries(SIZES)) {
  for (const scheme of ['light', 'dark']) {
    for (const locale of ['zh-CN', 'en']) {
      for (const anonymous of [true, false]) {
        const pages = PAGES.filter((one) => Boolean(one.anonymous) === anonymous)
          .map((one) => ({ ...one, file: `${one.name}-${sizeName}-${scheme}-${locale}` }))
          .filter((one) => wanted.every((part) => one.file.includes(part)))
        if (pages.length === 0) continue
        const context = await browser.newContext({
          viewport: size,
          colorScheme: scheme,
          locale,
          deviceScaleFactor: 1,
        })
        const page = await context.newPage()
        page.on('console', (message) => {
          if (message.type() === 'error' && !/401/.test(message.text()))
            console.log('console:', message.text())
        })
        page.on('pageerror', (error) => console.log('page error:', error.message))
        page.on('request', (request) => {
          if (/^https?:/.test(request.url()) && !request.url().startsWith(BASE))
            console.log('outside:', request.url())
        })
        await page.goto(BASE)
        if (!anonymous) {
          await page.locator(`[data-login=${LOGIN}]`).click()
          await page.waitForURL('**/map*')
        }
        for (const one of pages) {
          await page.goto(BASE + one.path)
          await page.waitForTimeout(SETTLE_MS)
          await one.then?.(page, size)
          await page.waitForTimeout(400)
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
          if (wide > 0) console.log(`${one.file}: ${wide} px wider than the screen`)
          await page.screenshot({
            path: `${OUT}${one.file}.png`,
            fullPage: one.full && sizeName === 'phone',
          })
        }
        await context.close()
      }
    }
  }
}
await browser.close()
