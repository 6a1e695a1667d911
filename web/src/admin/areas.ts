// All areas by code, asked for once: pickers search in them and tell where an area lies.
import { get } from '../api/client'
import type { components } from '../api/schema'

export type Area = components['schemas']['AreaWire']

export interface AreaTree {
  all: Area[]
  byCode: Map<string, Area>
}

let asked: Promise<AreaTree> | null = null

export function areaTree(): Promise<AreaTree> {
  asked ??= get<{ items: Area[] }>('/areas').then(
    ({ items }) => ({ all: items, byCode: new Map(items.map((one) => [one.code, one])) }),
    (error) => {
      asked = null
      throw error
    },
  )
  return asked
}

/** The names around an area, from the innermost. */
export function around(tree: AreaTree, code: string): string[] {
  const names: string[] = []
  let at = tree.byCode.get(code)?.parent
  while (at && names.length < 8) {
    const area = tree.byCode.get(at)
    if (!area) break
    names.push(area.name)
    at = area.parent
  }
  return names
}

/** The areas whose name or code holds the words, those that begin with them first. */
export function findAreas(
  tree: AreaTree,
  words: string,
  levels: readonly string[] | null,
  most: number,
): Area[] {
  const wanted = words.trim().toLowerCase()
  const open = levels ? tree.all.filter((one) => levels.includes(one.level)) : tree.all
  const rank = (one: Area) => {
    const name = one.name.toLowerCase()
    if (name.startsWith(wanted) || one.code.startsWith(wanted)) return 0
    return name.includes(wanted) || one.code.includes(wanted) ? 1 : 2
  }
  return open
    .map((area) => ({ area, rank: rank(area) }))
    .filter((one) => one.rank < 2)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map((one) => one.area)
}
