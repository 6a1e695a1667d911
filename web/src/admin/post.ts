// A post as somebody fills it in, and as the server takes it.
import type { PersonPost } from '../api/admin'
import type { Instance, LonLat } from '../api/types'
import { localDay } from '../lib/format'
import { hoursFromWords } from '../i18n/hours'
import { app } from '../state/session.svelte'

export interface PostDraft {
  grid: string | null
  role: string
  duties: string
  hours: string
  from: string
  to: string
  station: LonLat | null
}

export const today = () => localDay(new Date(), (app.instance as Instance).time_zone)

export function emptyPost(): PostDraft {
  return { grid: null, role: '', duties: '', hours: '', from: today(), to: '', station: null }
}

export function draftOf(post: PersonPost): PostDraft {
  return {
    grid: post.grid.code,
    role: post.role,
    duties: post.duties,
    hours: post.hours,
    from: post.from ?? '',
    to: post.to ?? '',
    station: (post.station as LonLat | null | undefined) ?? null,
  }
}

const stationBody = (draft: PostDraft) =>
  draft.station ? { position: draft.station, datum: 'wgs84' } : null

export function postBody(draft: PostDraft) {
  return {
    grid: draft.grid ?? '',
    role: draft.role,
    duties: draft.duties,
    hours: hoursFromWords(draft.hours),
    from: draft.from || null,
    to: draft.to || null,
    station: stationBody(draft),
  }
}

export function detailsBody(draft: PostDraft) {
  return {
    duties: draft.duties,
    hours: hoursFromWords(draft.hours),
    station: stationBody(draft),
  }
}
