import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { STATES } from '../api/types'
import { LAYERS, METRICS } from '../map/scales'
import { en as enEarly } from './en'
import { admin as enAdmin } from './en/admin'
import { desk as enDesk } from './en/desk'
import { land as enLand } from './en/land'
import { leaders as enLeaders } from './en/leaders'
import { matrix as enMatrix } from './en/matrix'
import { people as enPeople } from './en/people'
import { zh as zhEarly } from './zh'
import { admin as zhAdmin } from './zh/admin'
import { desk as zhDesk } from './zh/desk'
import { land as zhLand } from './zh/land'
import { leaders as zhLeaders } from './zh/leaders'
import { matrix as zhMatrix } from './zh/matrix'
import { people as zhPeople } from './zh/people'

/** All texts, those that come with later pages among them. */
const zh = { ...zhEarly, ...zhLeaders, ...zhAdmin, ...zhLand, ...zhPeople, ...zhDesk, ...zhMatrix }
const en: Record<keyof typeof zh, string> = {
  ...enEarly,
  ...enLeaders,
  ...enAdmin,
  ...enLand,
  ...enPeople,
  ...enDesk,
  ...enMatrix,
}

const source = new URL('../', import.meta.url)
const files = readdirSync(source, { recursive: true })
  .map(String)
  .filter(
    (name) =>
      /\.(svelte|ts)$/.test(name) && !name.startsWith('i18n/') && !name.endsWith('.test.ts'),
  )
const texts = files.map((name) => ({ name, text: readFileSync(new URL(name, source), 'utf8') }))
const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort()

describe('the dictionaries', () => {
  it('have the same keys, none of them empty', () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort())
    for (const [key, text] of [...Object.entries(zh), ...Object.entries(en)])
      expect(text.trim(), key).not.toBe('')
  })

  it('have the same places to fill in', () => {
    for (const key of Object.keys(zh) as (keyof typeof zh)[])
      expect(places(en[key]), key).toEqual(places(zh[key]))
  })

  it('name every state, metric and layer', () => {
    const wanted = [
      ...STATES.flatMap((one) => [`state.${one}`, `state_says.${one}`]),
      ...METRICS.map((one) => `metric.${one}`),
      ...LAYERS.map((one) => `layer.${one}`),
    ]
    for (const key of wanted) expect(zh, key).toHaveProperty([key])
  })

  it('hold every key that the source asks for, and no key that nothing asks for', () => {
    const all = texts.map((one) => one.text).join('\n')
    const prefixes = [...all.matchAll(/(?:tCode\(|t\(`)\s*'?([a-z_]+)['.]/g)].map(
      (match) => match[1]!,
    )
    const unused = Object.keys(zh).filter(
      (key) => !all.includes(`'${key}'`) && !prefixes.includes(key.split('.')[0]!),
    )
    expect(unused).toEqual([])
  })

  it('are the only place of words: a component holds no Chinese text', () => {
    const allowed = new Set(['map/base.ts', 'ui/Shell.svelte']) // A language is called by its own name.
    const found = texts
      .filter((one) => !allowed.has(one.name))
      .flatMap(({ name, text }) =>
        text
          .split('\n')
          .filter((line) => /[\u4e00-\u9fff]/.test(line))
          .map((line) => `${name}: ${line.trim()}`),
      )
    expect(found).toEqual([])
  })
})
