// The catalog, the departments and the definitions: read once, and again when the language changes.
import { get } from '../api/client'
import type { Category, Department, MetricDefinition } from '../api/types'
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

async function readAll<T>(path: string): Promise<T[]> {
  return (await get<{ items: T[] }>(path)).items
}

export const categories = once(() => readAll<Category>('/categories'))
export const departments = once(() => readAll<Department>('/departments'))
export const definitions = once(() => get<MetricDefinition[]>('/metrics/definitions'))
