// What a grant lets somebody do, as one plain sentence.
import type { GrantBody } from '../api/admin'
import { t, tCode } from '../i18n/index.svelte'

export function grantSays(grant: GrantBody): string {
  const where = grant.area_code ? (grant.area_name ?? grant.area_code) : t('account.everywhere')
  const kinds = grant.kinds?.map((kind) => tCode('kind', kind)).join(t('people.comma'))
  const says = tCode('account.says', grant.role, { where })
  const narrow = [
    grant.department_code
      ? t('account.of_department', { name: grant.department_name ?? grant.department_code })
      : null,
    kinds ? t('account.of_kinds', { kinds }) : null,
  ].filter(Boolean)
  const limits = narrow.length
    ? t('account.limits', { limits: narrow.join(t('people.comma')) })
    : ''
  return `${tCode('role', grant.role)}${t('account.colon')}${says}${limits}`
}

/** Grants as the log has them, `acceptor 410105001; leader`, with the roles in words. */
export function loggedGrants(text: string): string {
  return text.replace(/[a-z_]+/g, (word) => {
    const role = tCode('role', word)
    return role === word.replaceAll('_', ' ') ? tCode('kind', word) : role
  })
}
