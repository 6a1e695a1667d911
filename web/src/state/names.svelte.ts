// Names of categories and departments in the language of the interface. The server names them in
// Chinese with the issue; the catalog knows the English ones, and is read when they are wanted.
import { locale } from '../i18n/index.svelte'
import { categories, departments } from './catalog.svelte'

const english = $state<{ categories: Record<string, string>; departments: Record<string, string> }>({
  categories: {}, departments: {},
})
let asked = false

function ask() {
  if (asked) return
  asked = true
  const read = async () => {
    const [all, offices] = await Promise.all([categories(), departments()])
    english.categories = named(all)
    english.departments = named(offices)
  }
  read().catch(() => { asked = false }) // The Chinese names stand in until the next asking.
}

function named(items: readonly { code: string; name_en: string | null }[]): Record<string, string> {
  return Object.fromEntries(items.flatMap((one) => (one.name_en ? [[one.code, one.name_en]] : [])))
}

export function categoryLabel(code: string, name: string): string {
  if (locale() !== 'en') return name
  queueMicrotask(ask)
  return english.categories[code] ?? name
}

export function departmentLabel(code: string, name: string): string {
  if (locale() !== 'en') return name
  queueMicrotask(ask)
  return english.departments[code] ?? name
}
