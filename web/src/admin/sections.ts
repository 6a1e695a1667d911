// The sections of the administration, in the order in which they are listed.
import type { Component } from 'svelte'

type Section = () => Promise<{ default: Component }>
export const SECTIONS = {
  territory: () => import('./Territory.svelte'),
  imports: () => import('./Imports.svelte'),
  people: () => import('./People.svelte'),
  accounts: () => import('./Accounts.svelte'),
  categories: () => import('./Categories.svelte'),
  calendars: () => import('./Calendars.svelte'),
  audit: () => import('./Audit.svelte'),
  settings: () => import('./Settings.svelte'),
} as const satisfies Record<string, Section>
export type SectionName = keyof typeof SECTIONS
