// Finding a category by what a person types: any of its names or conditions holds every word.
import type { Category } from '../api/types'

export function searchCategories(items: readonly Category[], words: string): Category[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean)
  if (wanted.length === 0) return [...items]
  const ranked: { category: Category; rank: number }[] = []
  for (const category of items) {
    const name = `${category.name_zh} ${category.name_en ?? ''} ${category.pinyin}`.toLowerCase()
    const rest = [
      category.big_name ?? '',
      category.code,
      ...category.conditions.map((one) => one.text),
    ]
      .join(' ')
      .toLowerCase()
    if (wanted.every((word) => name.includes(word))) ranked.push({ category, rank: 0 })
    else if (wanted.every((word) => name.includes(word) || rest.includes(word))) {
      ranked.push({ category, rank: 1 })
    }
  }
  return ranked.sort((a, b) => a.rank - b.rank).map((one) => one.category)
}

/** The categories under the names of their big classes, in the order in which they come. */
export function groupByName(items: readonly Category[]): [string, Category[]][] {
  const groups = new Map<string, Category[]>()
  for (const category of items) {
    const name = category.big_name ?? ''
    const group = groups.get(name)
    if (group) group.push(category)
    else groups.set(name, [category])
  }
  return [...groups]
}

/** Each once, the most frequent first; of equals the one that came first. */
export function mostFrequent(codes: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1]).map(([code]) => code)
}
