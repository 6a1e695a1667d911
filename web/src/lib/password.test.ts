import { describe, expect, it } from 'vitest'
import { MADE_LENGTH, makePassword } from './password'

describe('a first password', () => {
  it('is long enough, and another each time', () => {
    const made = new Set(Array.from({ length: 200 }, () => makePassword()))
    expect(made.size).toBe(200)
    for (const one of made) expect(one).toMatch(new RegExp(`^[a-hjkmnp-z2-9]{${MADE_LENGTH}}$`))
  })

  it('has every sign equally often: what would favour the first ones is thrown away', () => {
    const counts = new Map<string, number>()
    for (let byte = 0; byte < 256; byte += 1) {
      // A byte that is thrown away leaves room for the next one, which is a zero here.
      let asked = 0
      const made = makePassword((bytes) => bytes.fill(asked++ ? 0 : byte))
      expect(asked, `byte ${byte}`).toBe(byte < 248 ? 1 : 2)
      if (byte < 248) counts.set(made[0]!, (counts.get(made[0]!) ?? 0) + 1)
    }
    expect([...counts.values()]).toEqual(Array.from({ length: 31 }, () => 8))
  })
})
