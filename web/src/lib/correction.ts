// What of a category and filing condition differs from those that an issue has.
import type { Issue } from '../api/types'

/** The codes to be told, each empty where nothing changes. Another category is told with its own
 * condition; another condition of the same category is told alone. */
export function changeOf(
  issue: Pick<Issue, 'category_code' | 'condition'>,
  category: string | null,
  condition: string | null,
): { category: string; condition: string } {
  if (category === null) return { category: '', condition: '' }
  if (category !== issue.category_code) return { category, condition: condition ?? '' }
  const same = condition === null || condition === issue.condition?.code
  return { category: '', condition: same ? '' : condition }
}
