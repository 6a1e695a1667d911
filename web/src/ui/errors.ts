// What went wrong, in the words of the person.
import { ApiError, NetworkError } from '../api/client'
import type { Problem } from '../api/types'
import { t } from '../i18n/index.svelte'

/** What the server said is wrong, field by field. */
export function problemText(problem: Problem): string {
  const fields = problem.errors?.map((one) => one.message).filter(Boolean) ?? []
  return [problem.detail ?? problem.title, ...fields].filter(Boolean).join('\n')
}

export function messageOf(error: unknown): string {
  if (error instanceof NetworkError)
    return t(error.reason === 'offline' ? 'error.offline' : 'error.timeout')
  if (error instanceof ApiError) {
    const { problem } = error
    const text = problemText(problem)
    if (problem.status >= 500) return `${t('error.server')} ${problem.request_id ?? ''}`.trim()
    return text || t('error.unknown')
  }
  if (error instanceof Error && error.name === 'StorageError')
    return t(error.message === 'full' ? 'store.full' : 'store.refused')
  return t('error.unknown')
}

/** The message for one field of a form, if the server refused it. */
export function fieldMessage(error: unknown, field: string): string | null {
  if (!(error instanceof ApiError)) return null
  return error.problem.errors?.find((one) => one.field === field)?.message ?? null
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}
