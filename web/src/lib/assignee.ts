// Who of the lead department handles an issue.
import type { IssueBrief } from '../api/types'
import { t } from '../i18n/index.svelte'

/** A name as it is shown to its reader. */
export function assigneeName({ name, own }: NonNullable<IssueBrief['assignee']>): string {
  if (own) return name ? t('assignee.own', { name }) : t('assignee.me')
  return name ?? t('assignee.unknown')
}
