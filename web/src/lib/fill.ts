// Texts with places to fill in.
export type Params = Record<string, string | number>

/** Puts values into `{name}`; `{name|one|many}` is the word that goes with one, or with many. */
export function fill(text: string, params?: Params): string {
  if (!params) return text
  return text.replace(
    /\{(\w+)(?:\|([^|{}]*)\|([^|{}]*))?\}/g,
    (whole, name: string, one: string | undefined, many: string | undefined) => {
      if (!(name in params)) return whole
      const value = String(params[name])
      if (one === undefined || many === undefined) return value
      return value === '1' ? one : many
    },
  )
}
