import { describe, expect, it } from 'vitest'
import { findRows, linesOf, readTable, sheetOf, writeTable } from './table'

describe('a CSV file as a table', () => {
  const text = '\uFEFFcode,name\r\na1,"井盖,\n破损"\r\na2,"say ""no"""\r\na3\r\n'
  const table = readTable(text)

  it('is read with quotes, lines within cells and short rows', () => {
    expect(table.columns).toEqual(['code', 'name'])
    expect(table.rows).toEqual([
      ['a1', '井盖,\n破损'],
      ['a2', 'say "no"'],
      ['a3', ''],
    ])
  })

  it('is the same after it was written', () => {
    expect(readTable(writeTable(table))).toEqual(table)
  })

  it('tells the line of the file on which a row begins', () => {
    const lines = writeTable(table).split('\n')
    expect(linesOf(table)).toEqual([2, 4, 5])
    linesOf(table).forEach((line, n) =>
      expect(lines[line - 1]?.startsWith(table.rows[n]?.[0] ?? '?')).toBe(true),
    )
  })

  it('is searched by words', () => {
    expect(findRows(table, 'A1 破')).toEqual([0])
    expect(findRows(table, '')).toEqual([0, 1, 2])
    expect(findRows(table, 'a1 no')).toEqual([])
  })
})

it('a table for a spreadsheet quotes what it must and runs no formula', () => {
  const text = sheetOf([
    ['line', 'reason'],
    [-2, 'a "b", c'],
    [3, '=1+1'],
    [4, null],
  ])
  expect(text).toBe('\uFEFFline,reason\r\n-2,"a ""b"", c"\r\n3,"\'=1+1"\r\n4,\r\n')
})
