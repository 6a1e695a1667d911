// Numbers, times and distances as people read them.
import type { Locale } from '../api/types'

export const NONE = '–'

const formatters = new Map<string, Intl.DateTimeFormat>()
function formatter(locale: Locale, zone: string | undefined, style: Intl.DateTimeFormatOptions) {
  const key = `${locale}|${zone}|${JSON.stringify(style)}`
  let found = formatters.get(key)
  if (!found) {
    found = new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, {
      ...style,
      timeZone: zone,
      hourCycle: 'h23',
    })
    formatters.set(key, found)
  }
  return found
}

/** A time of an event, to the minute, in the time zone of the instance. */
export function dateTime(iso: string | null | undefined, locale: Locale, zone?: string): string {
  if (!iso) return NONE
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return NONE
  return formatter(locale, zone, {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  }).format(at)
}

/** A time of this year or so, where there is little room: without the year. */
export function shortTime(iso: string, locale: Locale, zone?: string): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return NONE
  return formatter(locale, zone, {
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  }).format(at)
}

/** The local calendar day of an instant, YYYY-MM-DD. */
export function localDay(iso: string | Date, zone?: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
  return parts.format(typeof iso === 'string' ? new Date(iso) : iso)
}

/** The end of what lasts: the last day when it ends as a day does, else the minute. */
export function through(iso: string, locale: Locale, zone?: string): string {
  const end = new Date(iso)
  const last = localDay(new Date(end.getTime() - 1), zone)
  return localDay(end, zone) === addDays(last, 1) ? last : dateTime(iso, locale, zone)
}

/** Calendar arithmetic on YYYY-MM-DD, without any time zone. */
export function addDays(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`)
  at.setUTCDate(at.getUTCDate() + days)
  return at.toISOString().slice(0, 10)
}

export function count(value: number | null | undefined, locale: Locale): string {
  return value === null || value === undefined ? NONE : new Intl.NumberFormat(locale).format(value)
}

/** A number as it fits a mark, up to a limit: what is heard is what is seen. The server counts what
 * is unread up to one more than 99. */
export const many = (n: number, max = 99) => (n > max ? `${max}+` : String(n))

/** A share 0..1 as a percentage; 100 % is only said of all, 0 % only of none. */
export function percent(
  value: number | null | undefined,
  locale: Locale,
  decimals: 0 | 1 = 1,
): string {
  if (value === null || value === undefined) return NONE
  const inner = value > 0 && value < 1 ? Math.min(0.999, Math.max(0.001, value)) : value
  const digits = inner > 0 && inner < 1 ? decimals : 0
  return new Intl.NumberFormat(locale, {
    style: 'percent',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(inner)
}

/** A length of time in its largest useful unit. */
export function duration(ms: number | null | undefined, locale: Locale): string {
  if (ms === null || ms === undefined) return NONE
  const units: [Intl.RelativeTimeFormatUnit, number][] = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
  ]
  const [unit, size] = units.find(([, size]) => ms >= size) ?? ['minute', 60_000]
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: ms >= size * 10 ? 0 : 1,
  }).format(ms / size)
}

export function distance(meters: number, locale: Locale): string {
  const far = meters >= 1000
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: far ? 'kilometer' : 'meter',
    unitDisplay: 'short',
    maximumFractionDigits: far ? 1 : 0,
  }).format(far ? meters / 1000 : meters)
}

export function position([lon, lat]: readonly [number, number]): string {
  return `${lon.toFixed(5)}, ${lat.toFixed(5)}`
}

const DAY_MINUTES = 1440

/** Minutes of a clock as its time type counts them: `days` of 1,440 minutes, or hours and minutes.
 * The number has no unit yet where it counts days: a working day is none of the calendar's. */
export function clockAmount(
  minutes: number,
  timeType: string | null | undefined,
  locale: Locale,
): { days: string } | { hours: string } {
  const size = Math.abs(minutes)
  if (timeType?.endsWith('_day')) {
    const days = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })
    return { days: days.format(size / DAY_MINUTES) }
  }
  const unit = (value: number, name: 'hour' | 'minute') =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short' }).format(value)
  const [hours, rest] = [Math.floor(size / 60), Math.round(size % 60)]
  const parts = [hours ? unit(hours, 'hour') : '', rest || !hours ? unit(rest, 'minute') : '']
  return { hours: parts.filter(Boolean).join(' ') }
}

/** The instant of a local `YYYY-MM-DDTHH:MM` in a time zone, or null when it is none. */
export function instantOf(local: string, zone?: string): string | null {
  const wanted = Date.parse(`${local}:00Z`)
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(local) || Number.isNaN(wanted)) return null
  // A guess is off by the zone's offset at the guess; the second pass mends a change of offset.
  let at = wanted
  for (let pass = 0; pass < 2; pass += 1) at = wanted - offsetMs(at, zone)
  return new Date(at).toISOString()
}

function offsetMs(at: number, zone?: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  }).formatToParts(at)
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value)
  const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'))
  return shown - Math.floor(at / 60_000) * 60_000
}

const EARTH_RADIUS_M = 6_371_008.8

/** Metres between two WGS-84 positions, over a sphere: good enough to sort by. */
export function metersBetween(
  [lonA, latA]: readonly [number, number],
  [lonB, latB]: readonly [number, number],
): number {
  const rad = Math.PI / 180
  const [dLat, dLon] = [(latB - latA) * rad, (lonB - lonA) * rad]
  const part =
    Math.sin(dLat / 2) ** 2 + Math.cos(latA * rad) * Math.cos(latB * rad) * Math.sin(dLon / 2) ** 2
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(part)))
}
