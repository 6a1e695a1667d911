// The wire types of the HTTP contract, v1. Positions are [lon, lat] WGS-84, times RFC 3339 UTC.
import type { components } from './schema'

type Wire = components['schemas']
export type Clock = Wire['ClockWire']
export type Clocks = Wire['ClocksWire']
export type Supervision = Wire['SupervisionWire']
export type Summoned = Wire['SummonedWire']
export type Whistle = Wire['WhistleWire']
export type Dossier = Wire['DossierWire']
export type MatrixFinding = Wire['MatrixFindingWire']
export type DossierEntry = Wire['EntryWire']
export type Care = Wire['CareWire']
export type Notice = Omit<Wire['NoticeWire'], 'issue'> & { issue: IssueBrief }
export type Party = Wire['PartyWire']
export type OpenedRecord = Wire['OpenedWire']
export type PublicItem = Wire['PublicWire']
export type Hotspots = Wire['HotspotsWire']
export type Trends = Wire['TrendsWire']

export type Locale = 'zh-CN' | 'en'
export type Both = { zh: string; en: string }
export type LonLat = [number, number]
export type Kind = 'hazard' | 'dispute' | 'opinion'
export type Severity = 'general' | 'major'
export type Level =
  'province' | 'city' | 'district' | 'street' | 'community' | 'grid' | 'micro_grid'
export type Role =
  | 'grid_worker'
  | 'acceptor'
  | 'dispatcher'
  | 'duty_supervisor'
  | 'handler'
  | 'leader'
  | 'admin'
  | 'legal_adviser'
  | 'mediator'
export type State =
  | 'reported'
  | 'verifying'
  | 'self_handled'
  | 'filed'
  | 'dispatched'
  | 'handling'
  | 'arbitration'
  | 'suspended'
  | 'handled'
  | 'inspecting'
  | 'closed'
  | 'rejected'
  | 'merged'

export const LIGHTS = ['red', 'yellow', 'green'] as const
export type Light = (typeof LIGHTS)[number]
export const RISKS = ['red', 'orange', 'yellow'] as const
export type Risk = (typeof RISKS)[number]
export const ATTENTIONS = [
  'urged',
  'reply_owed',
  'whistle_open',
  'reopen_proposed',
  'appeal_open',
  'request_open',
  'returned',
] as const
export type Attention = (typeof ATTENTIONS)[number]

export const KINDS: readonly Kind[] = ['hazard', 'dispute', 'opinion']
export const STATES: readonly State[] = [
  'reported',
  'verifying',
  'self_handled',
  'filed',
  'dispatched',
  'handling',
  'arbitration',
  'suspended',
  'handled',
  'inspecting',
  'closed',
  'rejected',
  'merged',
]

export interface Coded {
  code: string
  name: string
}
export interface Page<T> {
  items: T[]
  next_cursor: string | null
  total: number | null
}

export interface Problem {
  type: string
  title: string
  status: number
  code: string
  detail?: string
  errors?: { field: string; message: string }[]
  allowed?: string[]
  request_id?: string
}

export interface Grant {
  role: Role
  area_code: string | null
  area_name: string | null
  department_code: string | null
  department_name: string | null
  kinds: Kind[] | null
}
export interface Session {
  account: { id: string; login: string; name: string; locale: Locale | null }
  grants: Grant[]
  csrf_token: string | null
  expires_at: string | null
  must_change_password: boolean
}

export interface Basemap {
  kind: 'xyz'
  url: string
  attribution: string
}
export interface DemoAccount {
  login: string
  password: string
  name: string
  role: Role
}
export interface Instance {
  name: Both
  district_code: string
  time_zone: string
  locale_default: Locale
  generated: boolean
  generated_note: Both | null
  sources: { name: string; terms: string }[]
  /** Null as long as no territory is published. */
  center: LonLat | null
  bbox: [number, number, number, number] | null
  basemap: Basemap | null
  channels: string[]
  territory_version: number
  matrix_version: number
  as_of: string
  demo_accounts: DemoAccount[] | null
  version: string
}

export interface Limit {
  amount: number
  unit: string
  text: Both
}
export interface Condition {
  code: string
  text: string
  closing_condition: string | null
  limit: Limit | null
  photo_required: boolean
  responsible_units: string[]
}
export interface Category {
  code: string
  scheme: string
  kind: Kind
  big_code: string
  big_name: string | null
  small_code: string | null
  /** In the language of the request; the others for searching. */
  name: string
  name_zh: string
  name_en: string | null
  pinyin: string
  nature: string | null
  anonymous_allowed: boolean
  conditions: Condition[]
}
export interface Department {
  code: string
  name: string
  name_zh: string
  name_en: string | null
  active: boolean
}

export interface AreaRef {
  code: string
  name: string
  level: Level
}
export interface AreaProps extends AreaRef {
  kind: string | null
  parent: string | null
  path: string
  child_count: number
}
export type AreaCollection = GeoJSON.FeatureCollection<GeoJSON.Geometry, AreaProps>
export interface AreaDetail extends AreaProps {
  bbox: [number, number, number, number]
  center: LonLat
  chain: AreaRef[]
  geometry: GeoJSON.Geometry
}

export interface Location {
  position: LonLat
  datum: string
  raw: LonLat
  accuracy_m: number | null
  inside: boolean
  chain: AreaRef[]
  candidates: (AreaRef & { distance_m: number })[]
  cell: string
  nearest_branches: (Coded & { distance_m: number; position: LonLat })[]
  nearest_workers?: { id: string; name: string; grid_code: string; distance_m: number }[]
}

export interface Route {
  lead: Coded | null
  assists: Coded[]
  sentence: Both | null
  fallback: boolean
  matrix_version: number
  trace?: Trace | null
}
/** Why a rule that was considered won or lost; the other fields explain the word. */
export type Fate = { why: string } & Record<string, string | number | null>
export interface TraceRule {
  rule: string
  priority: number
  /** What it applies to: `condition:…`, `small:…`, `big:…`, `kind:…` or `any`. */
  selector: string
  area: { level: Level; code: string } | null
  asset: { layer: string; owner: string | null } | null
  lead: string
  fate: Fate
}
/** The whole account of one routing decision, as it is stored with it. */
export interface Trace {
  matrix_version: string
  facts: {
    chain: AreaRef[]
    assets: {
      layer: string
      code: string
      name: string
      owner: string | null
      distance_m: number
    }[]
    scheme: string
    category: string
    category_name: string
    category_name_en: string | null
    condition: string | null
    kind: Kind
    severity: Severity
    at: string
    local_day: string
    position: { lon: number; lat: number; accuracy_m: number | null } | null
  }
  considered: TraceRule[]
  considered_more: number
  /** The fallback ladder, innermost first; empty when a rule won. */
  rungs: { level: Level; area: string; fate: string }[]
  outcome:
    | {
        result: 'routed'
        lead: string
        assists: string[]
        rule: string | null
        fallback: { level: Level; code: string } | null
      }
    | { result: 'unrouted'; reason: string }
  departments: { code: string; name: string; name_en: string | null }[]
}

export interface IssueBrief {
  id: string
  number: string
  kind: Kind
  category_code: string
  category_name: string
  severity: Severity
  state: State
  /** Null for a dispute which the reader may not read. */
  text: string | null
  position: LonLat
  address: string | null
  grid: Coded | null
  street: Coded | null
  /** The department that has it, and before dispatch the one that the matrix proposes. */
  lead: Coded | null
  proposed: Coded | null
  answerable?: Coded | null
  /** Who of the lead handles it; the name where it is told. */
  assignee: { id: string; name: string | null; own: boolean } | null
  reported_at: string
  updated_at: string
  version: number
  thumb_url: string | null
  reworks: number
  returns: number
  reopened: number
  reports: number
  /** Null where a list does not tell them. */
  clocks?: Clocks | null
  supervision: Supervision
  care: Care
  distance_m?: number
  score?: number
}
export interface Photo {
  id: string
  purpose: 'report' | 'before' | 'after' | 'evidence'
  media_type: string
  width: number
  height: number
  thumb_url: string
  url: string
  at: string
}
export type Voice = Wire['Voice']
export type Handler = Wire['Handler']
export type FieldKind =
  | 'text'
  | 'department'
  | 'departments'
  | 'date'
  | 'issue'
  | 'choice'
  | 'category'
  | 'place'
  | 'position'
  | 'handler'
  | 'photos'
  | 'line'
  | 'lines'
  | 'instant'
  | 'dates'
  | 'parties'
export interface ActionField {
  name: string
  kind: FieldKind
  required: boolean
  label: Both
  choices?: { value: string; label: Both }[]
  max_chars?: number
  /** Needed only when another field has one of these values. */
  required_with?: { field: string; values: string[] }
}
export interface ActionOffer {
  action: string
  name: Both
  fields: ActionField[]
  to: State | null
  tone: 'primary' | 'plain' | 'danger'
  /** The actions that this one takes back. */
  undoes?: string[]
}
export interface Issue extends IssueBrief {
  condition: { code: string; text: string } | null
  closing_condition: string | null
  limit: Limit | null
  accuracy_m: number | null
  datum: string
  raw: LonLat
  chain: AreaRef[]
  candidates: AreaRef[]
  cell: string
  assists: Coded[]
  reporter: {
    anonymous: boolean
    name: string | null
    phone: string | null
    account_name: string | null
  }
  source: string
  filed_at: string | null
  dispatched_at: string | null
  accepted_at: string | null
  handled_at: string | null
  closed_at: string | null
  nature?: string | null
  outcome?: string | null
  extensions: number
  suspended_until?: string | null
  merged_into: { id: string; number: string } | null
  merged_from: { id: string; number: string }[]
  route: Route | null
  photos: Photo[]
  voices: Voice[]
  actions: ActionOffer[]
  dossier: Dossier
}
export interface IssueEvent {
  seq: number
  at: string
  actor: {
    kind: 'account' | 'reporter' | 'resident' | 'system' | 'import'
    name: string | null
    role: Role | null
  }
  action: string
  action_name: Both
  from: State | null
  to: State | null
  note: string | null
  data: Record<string, string>
  hash: string
}
/** A likely duplicate. Id, number and text only for those who may see that issue. */
export interface Alike {
  id: string | null
  number: string | null
  category_name: string
  state: State
  reported_at: string
  distance_m: number
  score: number
  text: string | null
}

export interface ReportBody {
  kind?: Kind
  category_code: string
  condition_code?: string
  severity?: Severity
  text: string
  position: LonLat
  datum: 'wgs84'
  accuracy_m?: number
  address?: string
  anonymous?: boolean
  contact?: { name: string; phone: string }
  occurred_at?: string
  settle?: { note: string }
  /** The issue that this is one more report of. */
  adds_to?: string
}
export interface ReportPreview {
  location: Location
  route: Route
  duplicates: Alike[]
  limit: Limit | null
}
export interface ReportReceipt extends ReportPreview {
  id: string
  number: string
  /** With it the number is the reporter's word. It is told here and nowhere else. */
  code: string | null
  state: State
  /** What it was added to. */
  added_to: { id: string; number: string } | null
}

export interface TrackStep {
  at: string
  action: string
  action_name: Both
  state: State
  note_public: string | null
}
export interface Track {
  number: string
  state: State
  kind: Kind
  category_name: string
  text: string | null
  reported_at: string
  department_name: string | null
  sentence: Both | null
  chosen_by_hand: boolean
  timeline: TrackStep[]
  outcome: string | null
  due_at: string | null
  due_provisional: boolean
  suspended_until: string | null
  merged: boolean
  /** How the report stands that this one was merged into. */
  merged_into: {
    state: State
    outcome: string | null
    department_name: string | null
    closed_at: string | null
    timeline: TrackStep[]
  } | null
  photos: { id: string; thumb_url: string; url: string }[]
  /** What the reporter may do now. */
  can: ('reopen' | 'rate')[]
}

export type * from './desk'
export type * from './numbers'
