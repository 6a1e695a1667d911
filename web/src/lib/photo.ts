// Photos are made smaller on the phone before they travel: a slow network carries them, and what
// the camera wrote into the file (place, owner) stays on the phone.

export const PHOTO_BYTES_MAX = 10_000_000
export const PHOTOS_MAX = 9
const SIDES_PX = [2560, 1920, 1280] as const
const QUALITY = 0.82

/** So many bytes, as a person reads them. */
export function sizeText(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

export class PhotoError extends Error {}

/** The size that fits within `side` with the proportions kept; never larger than it was. */
export function fitWithin(width: number, height: number, side: number): [number, number] {
  const scale = Math.min(1, side / Math.max(width, height))
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))]
}

/** A JPEG of at most `PHOTO_BYTES_MAX` bytes.
 * @throws PhotoError when the file is no picture that this browser can read. */
export async function shrinkPhoto(file: Blob): Promise<Blob> {
  let bitmap: ImageBitmap
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' })
  } catch {
    throw new PhotoError('unreadable')
  }
  try {
    for (const side of SIDES_PX) {
      const blob = await encode(bitmap, side)
      if (blob && blob.size <= PHOTO_BYTES_MAX) return blob
    }
  } finally {
    bitmap.close()
  }
  throw new PhotoError('too_large')
}

function encode(bitmap: ImageBitmap, side: number): Promise<Blob | null> {
  const [width, height] = fitWithin(bitmap.width, bitmap.height, side)
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d')
  if (!context) return Promise.resolve(null)
  context.fillStyle = '#fff'
  context.fillRect(0, 0, width, height)
  context.drawImage(bitmap, 0, 0, width, height)
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY))
}
