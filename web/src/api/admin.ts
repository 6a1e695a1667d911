// The wire types of the administration: people and posts, branches, accounts, the audit.
import type { components } from './schema'
import type { Role } from './types'

type Wire = components['schemas']
export type Person = Wire['PersonWire']
export type PersonPost = Wire['PostKeptWire']
export type Vacancies = Wire['VacanciesWire']
export type KeptBranch = Wire['BranchKeptWire']
export type Account = Wire['AccountWire']
export type GrantBody = Wire['GrantWire']
export type AdminEntry = Wire['AdminEntryWire']
export type PartiesRead = Wire['PartiesReadWire']
export type AuditRun = Wire['AuditRunWire']
export interface Paged<T> {
  items: T[]
  next_cursor?: string | null
  total?: number | null
}

/** Says which version a change was decided on. */
export const ifMatch = (version: number) => ({ 'If-Match': `"v${version}"` })

/** All roles, in the order in which they are offered. */
export const ROLES: readonly Role[] = [
  'grid_worker',
  'acceptor',
  'dispatcher',
  'duty_supervisor',
  'handler',
  'leader',
  'admin',
  'legal_adviser',
  'mediator',
]
