// Settings are short texts on the wire (`hazard=730,dispute=1095`); forms show their parts.

/** The parts of `a=1,b=2`, in their order. */
export function partsOf(text: string): Record<string, string> {
  const parts: Record<string, string> = {}
  for (const part of text.split(',')) {
    const [name, value] = part.split('=').map((one) => one.trim())
    if (name) parts[name] = value ?? ''
  }
  return parts
}

export function joinParts(parts: Record<string, string | number>): string {
  return Object.entries(parts)
    .map(([name, value]) => `${name}=${value}`)
    .join(',')
}

/** The words of `a,b`. */
export function wordsOf(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean)
}

/** With or without a word; the order of `all` stays. */
export function toggled(all: readonly string[], text: string, word: string, on: boolean): string {
  const chosen = new Set(wordsOf(text))
  if (on) chosen.add(word)
  else chosen.delete(word)
  return all.filter((one) => chosen.has(one)).join(',')
}

/** What differs between two sets of settings. */
export function changesOf(
  before: Record<string, string>,
  after: Record<string, string>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => before[name] !== value))
}
