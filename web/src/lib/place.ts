// Where the person is: from the device, or from what was typed.
import type { LonLat } from '../api/types'

export type FixFailure = 'unsupported' | 'insecure' | 'denied' | 'unavailable' | 'timeout'
export class FixError extends Error {
  constructor(readonly reason: FixFailure) {
    super(reason)
  }
}

const FIX_MS_MAX = 15_000

/** Asks the device. The browser gives WGS-84.
 * @throws FixError */
export function currentPosition(): Promise<{ position: LonLat; accuracyM: number }> {
  return new Promise((resolve, reject) => {
    if (!isSecureContext) return reject(new FixError('insecure'))
    if (!navigator.geolocation) return reject(new FixError('unsupported'))
    navigator.geolocation.getCurrentPosition(
      ({ coords }) =>
        resolve({
          position: [coords.longitude, coords.latitude],
          accuracyM: Math.round(coords.accuracy),
        }),
      (error) =>
        reject(
          new FixError(
            error.code === error.PERMISSION_DENIED
              ? 'denied'
              : error.code === error.TIMEOUT
                ? 'timeout'
                : 'unavailable',
          ),
        ),
      { enableHighAccuracy: true, timeout: FIX_MS_MAX, maximumAge: 10_000 },
    )
  })
}

/** Reads "longitude, latitude"; a comma, a Chinese comma or a space may stand between them. */
export function parsePosition(text: string): LonLat | null {
  const parts = text.trim().split(/[\s,，]+/)
  if (parts.length !== 2 || parts.some((part) => !/^-?\d+(\.\d+)?$/.test(part))) return null
  const [lon, lat] = parts.map(Number) as [number, number]
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? [lon, lat] : null
}
