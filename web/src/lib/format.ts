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

/** Calendar arithmetic on YYYY-MM-DD, without any time zone. */
export function addDays(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`)
  at.setUTCDate(at.getUTCDate() + days)
  return at.toISOString().slice(0, 10)
}

export function count(value: number | null | undefined, locale: Locale): string {
  return value === null || value === undefined ? NONE : new Intl.NumberFormat(locale).format(value)
}

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
