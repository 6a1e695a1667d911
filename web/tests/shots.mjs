// Photographs every page, panel and form of a demo server into tests/out/, and says what no person
// should meet: what is wider than the screen, raw codes, empty values, targets too small for a thumb.
// Usage: HEXWARD_URL=http://127.0.0.1:8080 node tests/shots.mjs [part of a name | !part …]
//   Names are PAGE-SIZE-SCHEME-LOCALE; without SHOTS_ALL=1 each size and scheme is seen in one locale.
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const BASE = (process.env.HEXWARD_URL ?? 'http://127.0.0.1:8080').replace(/\/$/, '')
const OUT = process.env.SHOTS_OUT ?? fileURLToPath(new URL('./out/', import.meta.url))
const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1440, height: 900 } }
const FLAGS = ['--no-sandbox', '--enable-unsafe-swiftshader', '--disable-background-networking']
const HEIGHT_MAX = 6000
const SETTLE_MS = Number(process.env.SHOTS_SETTLE_MS ?? 2500)
const WIDE = ['duty', 'desk', 'leader', 'urban']
const wanted = process.argv.slice(2)
const VIEWS = Object.keys(SIZES).flatMap((size) =>
  ['light', 'dark'].flatMap((scheme) =>
    ['zh-CN', 'en'].map((locale) => ({ size, scheme, locale })),
  ),
)
const FEW = ['phone-light-zh-CN', 'phone-dark-en', 'desktop-light-en', 'desktop-dark-zh-CN']

const ask = (page, path) =>
  page.evaluate(async (path) => (await fetch(`/api/v1${path}`)).json(), path)

/** Opens the first issue of a list for which `fits` holds. */
const issue = (query, fits) => async (page) => {
  const { items } = await ask(page, `/issues?limit=30&${query}`)
  for (const one of items) {
    const whole = await ask(page, `/issues/${one.id}`)
    if (fits && !fits(whole)) continue
    await page.goto(`${BASE}/issues/${one.id}`)
    await page.locator('[data-testid=number]').waitFor()
    return true
  }
  return false
}

/** Every form that a role is offered on issues of a query, one picture each. */
const forms = (query) => async (page, shoot) => {
  const { items } = await ask(page, `/issues?limit=8&${query}`)
  const seen = new Set()
  for (const one of items) {
    const { actions } = await ask(page, `/issues/${one.id}`)
    const fresh = actions.filter(({ action }) => !seen.has(action))
    if (!fresh.length) continue
    await page.goto(`${BASE}/issues/${one.id}`)
    await page.locator('[data-testid=number]').waitFor()
    for (const { action } of fresh) {
      seen.add(action)
      const button = page.locator(`[data-action=${action}]`)
      if (!(await button.count())) {
        console.log(`${action}: offered, and no button`)
        continue
      }
      await button.click()
      await page.waitForTimeout(500)
      await shoot(action, page.locator('.actions'))
      await page.locator('.actions form button[type=button]').last().click()
    }
  }
  return false
}

async function openFilters(page) {
  const button = page.locator('.filter-button, .toggle')
  if (await button.first().isVisible()) await button.first().click()
}
async function fillReport(page) {
  // What an earlier picture chose is kept as a draft.
  const chosen = page.locator('#part-category .chosen .button')
  if (await chosen.count()) await chosen.click()
  await page.locator('#part-position details summary').click()
  const { center } = await ask(page, '/instance')
  await page.locator('#part-position .typed input').fill(center.join(', '))
  await page.locator('#part-position .typed button').click()
  await page.locator('[data-category]').first().click()
  const option = page.locator('input[name=condition]').first()
  if (await option.count()) await option.check()
  await page.waitForTimeout(SETTLE_MS)
}
async function sendReport(page) {
  await fillReport(page)
  await page.locator('#text').fill('路口护栏断裂，影响通行。')
  await page.locator('[data-testid=send]').click()
  await page.locator('a[href^="/track/"]').waitFor()
}

/** Each page: its name, whose (a role; nobody when left out), where, and what to do there. */
const PAGES = [
  { name: 'welcome', path: '/', full: true },
  { name: 'report', path: '/report', full: true, then: fillReport },
  { name: 'receipt', path: '/report', full: true, then: sendReport },
  {
    name: 'track',
    path: '/report',
    full: true,
    then: async (page) => {
      await sendReport(page)
      await page.locator('a[href^="/track/"]').click()
      await page.waitForTimeout(SETTLE_MS)
    },
  },
  { name: 'answers', path: '/answers', full: true },
  {
    name: 'wishes',
    path: '/answers',
    full: true,
    then: async (page) => {
      await page.locator('.segment').nth(1).click()
      await page.waitForTimeout(800)
      const help = page.locator('.help').first()
      if (await help.count()) await help.click()
    },
  },
  { name: 'missing', path: '/nothing-here' },
  { name: 'map', role: 'duty_supervisor', path: '/map' },
  { name: 'map-grid', role: 'leader', path: '/map?layer=grid&points=off' },
  {
    name: 'map-panel',
    role: 'duty_supervisor',
    path: '/map?layer=street&points=off',
    then: async (page, shoot, size) => {
      await page.mouse.click(size.width * 0.6, size.height * 0.5)
      await page.waitForTimeout(SETTLE_MS)
    },
  },
  { name: 'map-filters', role: 'duty_supervisor', path: '/map', then: openFilters },
  {
    name: 'map-table',
    role: 'duty_supervisor',
    path: '/map',
    then: async (page) => {
      await openFilters(page)
      await page.locator('.side .button[aria-pressed]').last().click()
      await page.waitForTimeout(1500)
    },
  },
  { name: 'issues', role: 'duty_supervisor', path: '/issues' },
  {
    name: 'issues-scoped',
    role: 'duty_supervisor',
    path: '/issues?measure=closing_rate.denominator&open=true',
  },
  {
    name: 'issues-filters',
    role: 'duty_supervisor',
    path: '/issues',
    then: openFilters,
    full: true,
  },
  { name: 'summary', role: 'leader', path: '/summary', full: true },
  { name: 'notices', role: 'duty_supervisor', path: '/notices', full: true },
  { name: 'tasks-worker', role: 'grid_worker', path: '/tasks', full: true },
  { name: 'tasks-desk', role: 'acceptor', path: '/tasks', full: true },
  { name: 'report-worker', role: 'grid_worker', path: '/report', full: true, then: fillReport },
  { name: 'matrix', role: 'duty_supervisor', path: '/matrix', full: true },
  {
    name: 'matrix-replay',
    role: 'admin',
    path: '/matrix',
    full: true,
    then: async (page) => {
      await page.locator('[data-testid=matrix-simulation] .primary').click()
      await page.locator('[data-testid=matrix-simulation] table').waitFor({ timeout: 60_000 })
    },
  },
  { name: 'password', role: 'duty_supervisor', path: '/password' },
  ...[
    ['overdue', 'light=red&open=true&state=handling'],
    ['closed', 'state=closed', (one) => one.dossier.revisits.length],
    ['whistle', 'attention=whistle_open', (one) => one.dossier.whistles.length],
    ['order', 'attention=reply_owed', (one) => one.dossier.orders.length],
    ['appeal', 'attention=appeal_open', (one) => one.dossier.appeals.length],
    ['suspended', 'state=suspended'],
    ['rejected', 'state=rejected'],
    ['merged', 'state=merged'],
    ['major', 'kind=hazard&severity=major', (one) => one.severity === 'major'],
    ['dispute', 'kind=dispute&open=true'],
    ['agreed', 'kind=dispute&state=closed', (one) => one.care.agreement_form],
    ['wish', 'kind=opinion', (one) => one.nature === 'small_wish'],
    ['answered', 'kind=opinion', (one) => one.care.published_at],
    ['fallback', 'state=filed,dispatched', (one) => one.route?.fallback],
  ].map(([name, query, fits]) => ({
    name: `issue-${name}`,
    role: 'duty_supervisor',
    path: '/notices',
    full: true,
    then: async (page) => {
      const found = await issue(query, fits)(page)
      if (!found) console.log(`issue-${name}: the demo has none`)
      await page.waitForTimeout(SETTLE_MS)
      const trace = page.locator('.aside details summary')
      if (name === 'overdue' && (await trace.count())) await trace.first().click()
      return found
    },
  })),
  ...[
    ['supervisor', 'duty_supervisor', 'open=true&state=reported,filed,handling,handled,inspecting'],
    ['disputes', 'duty_supervisor', 'kind=dispute'],
    ['opinions', 'duty_supervisor', 'kind=opinion&range=all'],
    ['ended', 'duty_supervisor', 'state=closed,merged,rejected,suspended'],
    ['dispatcher', 'dispatcher', 'open=true'],
    ['handler', 'handler', 'open=true'],
    ['mediator', 'mediator', 'open=true'],
    ['acceptor', 'acceptor', 'state=reported,verifying,self_handled'],
    ['worker', 'grid_worker', 'open=true'],
    ['leader', 'leader', 'open=true'],
  ].map(([name, role, query]) => ({
    name: `form-${name}`,
    role,
    path: '/notices',
    then: forms(query),
  })),
]

/** What is wrong on a page, as far as a program can see it. */
function findFaults(phone) {
  const faults = []
  const wide = document.documentElement.scrollWidth - innerWidth
  if (wide > 0) faults.push(`${wide} px wider than the screen`)
  const drawn = (one) => one.checkVisibility({ visibilityProperty: true })
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT)
  const raw =
    /\b(undefined|null|NaN|Invalid Date)\b|\[object|\{\w+\}|\b[a-z]+_[a-z_]+\b(?!@)|\d\.\d{4,}/
  while (walker.nextNode()) {
    const { data, parentElement } = walker.currentNode
    const told = data.replace(/-?\d+\.\d{5}, -?\d+\.\d{5}/, '')
    if (!raw.test(told) || !drawn(parentElement)) continue
    if (parentElement.closest('script,style')) continue
    faults.push(`raw text: ${data.trim().slice(0, 80)}`)
  }
  for (const one of document.querySelectorAll('main *')) {
    const style = getComputedStyle(one)
    if (!drawn(one) || one.closest('.maplibregl-map, .visually-hidden')) continue
    const cut = one.scrollWidth - one.clientWidth
    if (style.overflowX === 'hidden' && style.textOverflow !== 'ellipsis' && cut > 1)
      faults.push(`cut: ${one.tagName} ${one.className} by ${cut} px`)
    if (!phone || !one.matches('button, summary, select, input, .button, li > a, nav a')) continue
    const { width, height } = (one.closest('label') ?? one).getBoundingClientRect()
    if (height > 0 && (height < 43.5 || width < 43.5))
      faults.push(
        `small target: ${one.tagName}.${one.className} ${Math.round(width)}×${Math.round(height)} ` +
          one.textContent.trim().slice(0, 20),
      )
  }
  return [...new Set(faults)]
}

/** Waits until nothing is said to be loading. */
const settled = (page) =>
  page.waitForFunction(() => !document.querySelector('main .loading, main .busy'), null, {
    timeout: 60_000,
  })

mkdirSync(OUT, { recursive: true })
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: FLAGS,
})
const accounts = (await (await fetch(`${BASE}/api/v1/instance`)).json()).demo_accounts
if (!accounts?.length) throw new Error(`${BASE} is no demo server`)

for (const { size, scheme, locale } of VIEWS) {
  const view = `${size}-${scheme}-${locale}`
  if (!process.env.SHOTS_ALL && !FEW.includes(view)) continue
  const pages = PAGES.map((one) => ({ ...one, file: `${one.name}-${view}` })).filter((one) =>
    wanted.every((part) => one.file.includes(part.replace(/^!/, '')) !== part.startsWith('!')),
  )
  for (const role of new Set(pages.map((one) => one.role))) {
    const context = await browser.newContext({
      viewport: SIZES[size],
      colorScheme: scheme,
      locale,
      hasTouch: size === 'phone',
    })
    const page = await context.newPage()
    page.on('console', (message) => {
      if (message.type() === 'error' && !/401/.test(message.text()))
        console.log('console:', message.text())
    })
    page.on('pageerror', (error) => console.log('page error:', error.message))
    await page.goto(BASE)
    if (role) {
      // Who sees the whole district sees more.
      const of = accounts.filter((one) => one.role === role)
      const account = of.find((one) => WIDE.includes(one.login)) ?? of[0]
      if (!account) {
        console.log(`no account of the role ${role}`)
        continue
      }
      await page.locator(`[data-login="${account.login}"]`).click()
      await page.waitForURL('**/map*')
    }
    for (const one of pages.filter((one) => one.role === role)) {
      const shoot = async (part, target) => {
        const file = `${one.name}${part ? `.${part}` : ''}-${view}`
        for (const fault of await page.evaluate(findFaults, size === 'phone'))
          console.log(`${file}: ${fault}`)
        const path = `${OUT}/${file}.png`
        if (target) await target.screenshot({ path })
        else if (one.full) {
          // A taller screen, so that what sticks to its edges stands at the edges of the picture.
          const { width, height } = SIZES[size]
          const whole = await page.evaluate(() => document.documentElement.scrollHeight)
          await page.setViewportSize({ width, height: Math.min(HEIGHT_MAX, whole) })
          await page.waitForTimeout(300)
          await page.screenshot({ path })
          await page.setViewportSize({ width, height })
        } else await page.screenshot({ path })
      }
      try {
        await page.goto(BASE + one.path)
        await page.waitForTimeout(SETTLE_MS)
        await settled(page)
        const more = await one.then?.(page, shoot, SIZES[size])
        await page.waitForTimeout(400)
        await settled(page)
        if (more !== false) await shoot('')
      } catch (error) {
        console.log(`${one.file}: ${error.message.split('\n')[0]}`)
      }
    }
    await context.close()
  }
}
await browser.close()
