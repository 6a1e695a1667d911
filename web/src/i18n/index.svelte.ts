// The language of the interface. Texts live in zh.ts and en.ts; a component never holds one.
import { configure } from '../api/client'
import type { Both, Locale } from '../api/types'
import { fill, type Params } from '../lib/fill'
import { en } from './en'
import { zh, type Key } from './zh'

export type { Key }

const STORAGE = 'hexward.locale'
const DICTIONARIES: Record<Locale, Record<string, string>> = { 'zh-CN': { ...zh }, en: { ...en } }

/** Adds the texts of pages that are loaded later than the first. */
export function addTexts(texts: Record<Locale, Record<string, string>>) {
  Object.assign(DICTIONARIES['zh-CN'], texts['zh-CN'])
  Object.assign(DICTIONARIES.en, texts.en)
}

function initial(): Locale {
  const stored = localStorage.getItem(STORAGE)
  if (stored === 'zh-CN' || stored === 'en') return stored
  return navigator.language.toLowerCase().startsWith('en') ? 'en' : 'zh-CN'
}

const language = $state<{ locale: Locale }>({ locale: initial() })
apply(language.locale)

function apply(locale: Locale) {
  configure({ language: locale })
  document.documentElement.lang = locale
}

export function locale(): Locale {
  return language.locale
}

/** The person's own choice: remembered on this device. */
export function setLocale(next: Locale) {
  language.locale = next
  localStorage.setItem(STORAGE, next)
  apply(next)
}

export function t(key: Key, params?: Params): string {
  return fill(DICTIONARIES[language.locale][key] ?? key, params)
}

/** The text of `prefix.code` for codes that come from the server; an unknown code shows itself. */
export function tCode(prefix: string, code: string | null | undefined, params?: Params): string {
  if (!code) return ''
  const key = `${prefix}.${code}`
  const dictionary: Record<string, string> = DICTIONARIES[language.locale]
  const text = dictionary[key]
  return text === undefined ? code.replaceAll('_', ' ') : fill(text, params)
}

/** A text that the server gives in both languages. */
export function both(text: Both | null | undefined): string {
  if (!text) return ''
  return language.locale === 'en' ? text.en || text.zh : text.zh || text.en
}
