import { afterEach, describe, expect, it, vi } from 'vitest'
import { areasOf, forgetAreas } from './areas'

const answer = () =>
  new Response('{"type":"FeatureCollection","features":[]}', {
    headers: { 'Content-Type': 'application/geo+json' },
  })

afterEach(() => {
  forgetAreas()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('the shapes of areas', () => {
  it('are asked for once a level, and again when the territory has changed', async () => {
    const asked = vi.fn(() => Promise.resolve(answer()))
    vi.stubGlobal('fetch', asked)
    await Promise.all([areasOf('grid'), areasOf('grid'), areasOf('street')])
    expect(asked).toHaveBeenCalledTimes(2)
    await areasOf('grid', 13)
    expect(asked).toHaveBeenCalledTimes(3)
    forgetAreas()
    await areasOf('grid')
    expect(asked).toHaveBeenCalledTimes(4)
  })

  it('are asked for again after a failure, and after a while', async () => {
    vi.useFakeTimers()
    const asked = vi.fn(() => Promise.reject(new TypeError('no network')))
    vi.stubGlobal('fetch', asked)
    await expect(areasOf('grid')).rejects.toThrow()
    asked.mockImplementation(() => Promise.resolve(answer()) as never)
    await areasOf('grid')
    await areasOf('grid')
    expect(asked).toHaveBeenCalledTimes(2)
    vi.advanceTimersByTime(300_001)
    await areasOf('grid')
    expect(asked).toHaveBeenCalledTimes(3)
  })
})
