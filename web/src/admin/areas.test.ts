import { describe, expect, it } from 'vitest'
import { around, findAreas, type Area, type AreaTree } from './areas'

const area = (code: string, name: string, level: string, parent: string | null) =>
  ({ code, name, level, parent }) as Area
const all = [
  area('1', '金水区', 'district', null),
  area('11', '经八路街道', 'street', '1'),
  area('111', '第一社区', 'community', '11'),
  area('1111', '经八路一格', 'grid', '111'),
]
const tree: AreaTree = { all, byCode: new Map(all.map((one) => [one.code, one])) }
const codes = (words: string, levels: string[] | null = null, most = 9) =>
  findAreas(tree, words, levels, most).map((one) => one.code)

describe('areas', () => {
  it('are found by name and by code, of the levels that are asked for', () => {
    expect(codes('经八')).toEqual(['11', '1111'])
    expect(codes('经八', ['grid'])).toEqual(['1111'])
    expect(codes('一')).toEqual(['111', '1111'])
    expect(codes('111')).toEqual(['111', '1111'])
    expect(codes('没有')).toEqual([])
    expect(codes('', null, 2)).toHaveLength(2)
  })
  it('say where they lie, the nearest first, also when the tree is broken', () => {
    expect(around(tree, '1111')).toEqual(['第一社区', '经八路街道', '金水区'])
    expect(around(tree, '1')).toEqual([])
    const ring = [area('a', 'a', 'grid', 'b'), area('b', 'b', 'grid', 'a')]
    const broken = { all: ring, byCode: new Map(ring.map((one) => [one.code, one])) }
    expect(around(broken, 'a').length).toBeLessThan(9)
  })
})
