// The catalog, the departments and the definitions: read once, and again when the language changes.
import { get } from '../api/client'
import type { Category, Department, MetricDefinition, Page } from '../api/types'
import { locale } from '../i18n/index.svelte'

function once<T>(read: () => Promise<T>): () => Promise<T> {
  const known = new Map<string, Promise<T>>()
  return () => {
    const key = locale()
    let found = known.get(key)
    if (!found) {
      found = read().catch((error: unknown) => {
        known.delete(key)
        throw error
      })
      known.set(key, found)
    }
    return found
  }
}

/** Every page of a list. Catalogs are small, yet a list has a greatest length. */
async function readAll<T>(path: string): Promise<T[]> {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const page: Page<T> = await get<Page<T>>(path, { limit: 200, cursor })
    items.push(...page.items)
    cursor = page.next_cursor ?? null
  } while (cursor)
  return items
}

export const categories = once(() => readAll<Category>('/categories'))
export const departments = once(() => readAll<Department>('/departments'))
export const definitions = once(() => get<MetricDefinition[]>('/metrics/definitions'))

export function categoryName(category: Category): string {
  return locale() === 'en' ? category.name_en || category.name : category.name
}

export function departmentName(department: Department): string {
  return locale() === 'en' ? department.name_en || department.name : department.name
}
