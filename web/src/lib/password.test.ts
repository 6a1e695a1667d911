import { describe, expect, it } from 'vitest'
import { MADE_LENGTH, makePassword } from './password'

describe('a first password', () => {
  it('is long enough, and another each time', () => {
    const made = new Set(Array.from({ length: 200 }, () => makePassword()))
    expect(made.size).toBe(200)
    for (const one of made) expect(one).toMatch(new RegExp(`^[a-hjkmnp-z2-9]{${MADE_LENGTH}}$`))
  })

  it('has every sign equally often: what would favour the first ones is thrown away', () => {
    let next = 0
    const counts = new Map<string, number>()
    for (let n = 0; n < 248 * 4; n += 1)
      for (const sign of makePassword((bytes) => {
        for (let at = 0; at < bytes.length; at += 1) bytes[at] = next++ % 256
      }))
        counts.set(sign, (counts.get(sign) ?? 0) + 1)
    const all = [...counts.values()]
    expect(counts.size).toBe(31)
    expect(Math.max(...all) - Math.min(...all)).toBeLessThanOrEqual(Math.max(...all) * 0.05)
  })
})
