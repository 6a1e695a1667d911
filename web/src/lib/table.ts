// A CSV file as a table that people edit: read, changed, written, and told where a fault stands.
import Papa from 'papaparse'

export interface Table {
  columns: string[]
  rows: string[][]
}

/** Reads a file; short rows are filled up, so that every cell is there. */
export function readTable(text: string): Table {
  const { data } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), { skipEmptyLines: 'greedy' })
  const [columns = [], ...rows] = data
  const width = Math.max(columns.length, ...rows.map((row) => row.length))
  const filled = (row: string[]) =>
    row.length < width ? [...row, ...Array.from({ length: width - row.length }, () => '')] : row
  return { columns: filled(columns), rows: rows.map(filled) }
}

export function writeTable({ columns, rows }: Table): string {
  return `${Papa.unparse([columns, ...rows], { newline: '\n' })}\n`
}

/** Rows as a spreadsheet opens them: with a mark of the encoding, and a text that it would take for
 * a formula kept a text. */
export function sheetOf(rows: (string | number | null)[][]): string {
  return `\uFEFF${Papa.unparse(rows, { escapeFormulae: /^[=+\-@\t\r]/, newline: '\r\n' })}\r\n`
}

/** The line of the written file on which each row begins; the header's is 1. */
export function linesOf({ columns, rows }: Table): number[] {
  const height = (row: string[]) =>
    row.reduce((n, cell) => n + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 1)
  let line = 1 + height(columns)
  return rows.map((row) => {
    const own = line
    line += height(row)
    return own
  })
}

/** The rows that hold all of the words, in any cell and in any case; indexes into the table. */
export function findRows({ rows }: Table, words: string): number[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean)
  return rows.flatMap((row, n) => {
    const text = row.join('\u0000').toLowerCase()
    return wanted.every((word) => text.includes(word)) ? [n] : []
  })
}
