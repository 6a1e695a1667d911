// The pictures that the map draws with, made here: a hatch for what is unknown, and a mark per kind
// of issue whose shape says the kind as well as its colour does.
import type { Map as LibreMap } from 'maplibre-gl'
import { KINDS, type Kind } from '../api/types'
import type { MapTheme } from './theme'

const SCALE = 2

/** Okabe and Ito's colours: they stay apart for colour-blind eyes. */
export const KIND_COLORS: Record<Kind, string> = {
  hazard: '#d55e00',
  dispute: '#aa4499',
  opinion: '#0072b2',
}

type Paint = (context: CanvasRenderingContext2D, size: number) => void

function draw(size: number, paint: Paint): ImageData {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = size * SCALE
  const context = canvas.getContext('2d')
  if (!context) throw new Error('no 2d canvas')
  context.scale(SCALE, SCALE)
  paint(context, size)
  return context.getImageData(0, 0, canvas.width, canvas.height)
}

function hatch(color: string): ImageData {
  return draw(10, (context, size) => {
    context.strokeStyle = color
    context.lineWidth = 1.2
    context.beginPath()
    for (const shift of [-size, 0, size]) {
      context.moveTo(shift, size)
      context.lineTo(shift + size, 0)
    }
    context.stroke()
  })
}

const SHAPES: Record<Kind, Paint> = {
  hazard(context, size) {
    context.moveTo(size / 2, 2.5)
    context.lineTo(size - 2, size - 3.5)
    context.lineTo(2, size - 3.5)
  },
  dispute(context, size) {
    context.moveTo(size / 2, 1.5)
    context.lineTo(size - 1.5, size / 2)
    context.lineTo(size / 2, size - 1.5)
    context.lineTo(1.5, size / 2)
  },
  opinion(context, size) {
    context.arc(size / 2, size / 2, size / 2 - 2.5, 0, 2 * Math.PI)
  },
}

function mark(kind: Kind, theme: MapTheme): ImageData {
  return draw(18, (context, size) => {
    context.beginPath()
    SHAPES[kind](context, size)
    context.closePath()
    context.lineJoin = 'round'
    context.lineWidth = 2.5
    context.strokeStyle = theme.halo
    context.stroke()
    context.fillStyle = KIND_COLORS[kind]
    context.fill()
  })
}

export function addImages(map: LibreMap, theme: MapTheme) {
  const put = (id: string, image: ImageData) => {
    if (map.hasImage(id)) map.updateImage(id, image)
    else map.addImage(id, image, { pixelRatio: SCALE })
  }
  put('hatch', hatch(theme.hatch))
  for (const kind of KINDS) put(`mark-${kind}`, mark(kind, theme))
}
