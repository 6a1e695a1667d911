// The map library, loaded when a map is first looked at, with its worker from our own address.
import type * as MapLibre from 'maplibre-gl'

export type Library = typeof MapLibre

let loading: Promise<Library> | null = null

export function loadLibrary(): Promise<Library> {
  loading ??= load().catch((error: unknown) => {
    loading = null // The next look at a map tries again.
    throw error
  })
  return loading
}

async function load(): Promise<Library> {
  const [library, worker] = await Promise.all([
    import('maplibre-gl'),
    import('maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'),
    import('maplibre-gl/dist/maplibre-gl.css'),
  ])
  library.setWorkerUrl(worker.default)
  return library
}

/** Whether this device can draw the map at all; if not, lists and tables stand in for it. */
export function canDrawMap(): boolean {
  try {
    const context = document.createElement('canvas').getContext('webgl2')
    context?.getExtension('WEBGL_lose_context')?.loseContext()
    return context !== null
  } catch {
    return false
  }
}
