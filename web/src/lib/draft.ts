// The draft of a report on this device. The words outlive a closed page until the receipt arrives;
// the key makes a retry the same report, however often it is sent.
import type { Kind, LonLat, Severity } from '../api/types'

export interface Draft {
  /** The Idempotency-Key: made once per draft. */
  key: string
  position: LonLat | null
  accuracyM: number | null
  address: string
  kind: Kind
  category: string | null
  condition: string | null
  severity: Severity
  text: string
  anonymous: boolean
  name: string
  phone: string
  settled: boolean
  settleNote: string
}

const STORAGE = 'hexward.draft'
const RECENT = 'hexward.recent_categories'
const RECENT_MAX = 6

/** A random UUID (version 4). `crypto.randomUUID` is missing on plain http, so it is made by hand. */
export function makeKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-')
}

export function emptyDraft(): Draft {
  return {
    key: makeKey(),
    position: null,
    accuracyM: null,
    address: '',
    kind: 'hazard',
    category: null,
    condition: null,
    severity: 'general',
    text: '',
    anonymous: false,
    name: '',
    phone: '',
    settled: false,
    settleNote: '',
  }
}

/** Reads a kept draft. One of another shape (an older version's) is completed, not trusted. */
export function parseDraft(text: string | null): Draft {
  const fresh = emptyDraft()
  if (!text) return fresh
  try {
    const kept: unknown = JSON.parse(text)
    if (typeof kept !== 'object' || kept === null) return fresh
    const known = kept as Record<string, unknown>
    const merged: Record<string, unknown> = { ...fresh }
    for (const [name, value] of Object.entries(fresh)) {
      const candidate = known[name]
      if (value === null || typeof candidate === typeof value) merged[name] = candidate ?? value
    }
    return merged as unknown as Draft
  } catch {
    return fresh
  }
}

export function loadDraft(): Draft {
  return parseDraft(localStorage.getItem(STORAGE))
}

/** Keeps the draft. False when the device refuses (storage full or forbidden). */
export function keepDraft(draft: Draft): boolean {
  try {
    localStorage.setItem(STORAGE, JSON.stringify(draft))
    return true
  } catch {
    return false
  }
}

export function dropDraft() {
  localStorage.removeItem(STORAGE)
}

export function recentCategories(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(RECENT) ?? '[]')
    return Array.isArray(kept) ? kept.filter((code) => typeof code === 'string') : []
  } catch {
    return []
  }
}

export function rememberCategory(code: string) {
  const next = [code, ...recentCategories().filter((one) => one !== code)].slice(0, RECENT_MAX)
  try {
    localStorage.setItem(RECENT, JSON.stringify(next))
  } catch {
    // Only a convenience: nothing is lost.
  }
}
