// The territory's editor without a map: edits, their undoing, outlines and their corners.
import type { components } from '../api/schema'
import type { Both, LonLat } from '../api/types'

export interface Naming {
  code?: string
  name?: string
}
export type Edit =
  | { type: 'split'; area: string; line: LonLat[]; parts: Naming[] }
  | { type: 'merge'; areas: string[]; into: Naming }
  | { type: 'move'; area: string; outline: GeoJSON.Polygon | GeoJSON.MultiPolygon }
  | { type: 'rename'; area: string; name: string }

export interface LandProps {
  code: string
  name: string
  level: string
  parent: string | null
}
export type Land = GeoJSON.Feature<GeoJSON.Geometry, LandProps>
export type Lands = GeoJSON.FeatureCollection<GeoJSON.Geometry, LandProps>

type Wire = components['schemas']
export type EditPreview = Omit<Wire['EditPreviewWire'], 'areas' | 'problem'> & {
  areas: Lands
  problem: { edit: number; field: string; says: Both } | null
}
export type Version = Wire['VersionWire']
export type Preview = Wire['TerritoryPreviewWire']
export type Staged = Wire['StagedWire']
export type ImportOutcome = Wire['ImportWire']
export type RowFault = Wire['RowFaultWire']

/** A list with its past: every change can be taken back and made again. */
export interface Past<T> {
  now: T
  back: T[]
  forth: T[]
}
export const begin = <T>(now: T): Past<T> => ({ now, back: [], forth: [] })
export function change<T>(past: Past<T>, now: T): Past<T> {
  return { now, back: [...past.back, past.now], forth: [] }
}
/** The same step in better words, such as the codes that the server proposed: no step of its own. */
export function amend<T>(past: Past<T>, now: T): Past<T> {
  return { ...past, now }
}
export function undo<T>(past: Past<T>): Past<T> {
  const before = past.back.at(-1)
  if (before === undefined) return past
  return { now: before, back: past.back.slice(0, -1), forth: [past.now, ...past.forth] }
}
export function redo<T>(past: Past<T>): Past<T> {
  const [after, ...forth] = past.forth
  if (after === undefined) return past
  return { now: after, back: [...past.back, past.now], forth }
}

/** The areas in force with what the edits made of them. */
export function redrawn(base: Lands, preview: EditPreview | null, level: string): Lands {
  if (!preview) return base
  const changed = preview.areas.features.filter((one) => one.properties.level === level)
  const away = new Set([...preview.gone, ...changed.map((one) => one.properties.code)])
  const kept = base.features.filter((one) => !away.has(one.properties.code))
  return { type: 'FeatureCollection', features: [...kept, ...changed] }
}

/** Where a corner is: part, ring and its place in the ring. */
export interface CornerAt {
  part: number
  ring: number
  at: number
}
export type Outline = LonLat[][][]

/** The rings of a geometry without their doubled ends. */
export function outlineOf(geometry: GeoJSON.Geometry): Outline {
  const open = (ring: GeoJSON.Position[]): LonLat[] =>
    ring.slice(0, -1).map(([lon, lat]) => [lon!, lat!])
  if (geometry.type === 'Polygon') return [geometry.coordinates.map(open)]
  if (geometry.type === 'MultiPolygon') return geometry.coordinates.map((part) => part.map(open))
  return []
}
export function geometryOf(outline: Outline): GeoJSON.MultiPolygon {
  const closed = (ring: LonLat[]) => (ring[0] ? [...ring, ring[0]] : [])
  return { type: 'MultiPolygon', coordinates: outline.map((part) => part.map(closed)) }
}
/** Each corner, and the middle of each edge after it. */
export function cornersOf(outline: Outline): { where: CornerAt; place: LonLat; middle: LonLat }[] {
  return outline.flatMap((rings, part) =>
    rings.flatMap((corners, ring) =>
      corners.map((place, at) => {
        const next = corners[(at + 1) % corners.length]!
        const middle: LonLat = [(place[0] + next[0]) / 2, (place[1] + next[1]) / 2]
        return { where: { part, ring, at }, place, middle }
      }),
    ),
  )
}
function withRing(
  outline: Outline,
  { part, ring }: CornerAt,
  make: (corners: LonLat[]) => LonLat[],
): Outline {
  return outline.map((rings, p) =>
    p === part ? rings.map((corners, r) => (r === ring ? make(corners) : corners)) : rings,
  )
}
export function moveCorner(outline: Outline, where: CornerAt, place: LonLat): Outline {
  return withRing(outline, where, (corners) =>
    corners.map((own, at) => (at === where.at ? place : own)),
  )
}
/** Puts a corner after the one named. */
export function addCorner(outline: Outline, where: CornerAt, place: LonLat): Outline {
  return withRing(outline, where, (corners) => corners.toSpliced(where.at + 1, 0, place))
}
/** Takes a corner away; a triangle keeps its three. */
export function dropCorner(outline: Outline, where: CornerAt): Outline {
  return withRing(outline, where, (corners) =>
    corners.length > 3 ? corners.toSpliced(where.at, 1) : corners,
  )
}

/** A longitude or latitude as typed; null when it is none. */
export function degrees(text: string, most: number): number | null {
  const trimmed = text.trim()
  const value = Number(trimmed)
  return trimmed && Number.isFinite(value) && Math.abs(value) <= most ? value : null
}
