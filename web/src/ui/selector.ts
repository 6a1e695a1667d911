// What a rule of the matrix applies to, in words.
import { tCode } from '../i18n/index.svelte'

/** `condition:…`, `small:…`, `big:…`, `kind:…` or `any`; a code stays what it is. */
export function selectorText(selector: string): string {
  const [what = '', code = ''] = selector.split(':', 2)
  const name = tCode('selector', what)
  if (!code) return name
  return what === 'kind' ? `${name} ${tCode('kind', code)}` : `${name} ${code}`
}
