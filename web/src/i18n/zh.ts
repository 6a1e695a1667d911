// 界面文字（简体中文）。The keys of these files are the keys of every language.
import { care } from './zh/care'
import { field } from './zh/field'
import { issue } from './zh/issue'
import { map } from './zh/map'
import { report } from './zh/report'
import { shell } from './zh/shell'
import { supervision } from './zh/supervision'

export const zh = {
  ...shell,
  ...map,
  ...issue,
  ...report,
  ...care,
  ...supervision,
  ...field,
}

/** The texts that every page comes with. */
export type EarlyKey = keyof typeof zh
type LateKey =
  | keyof typeof import('./zh/desk').desk
  | keyof typeof import('./zh/matrix').matrix
  | keyof typeof import('./zh/leaders').leaders
  | keyof typeof import('./zh/admin').admin
  | keyof typeof import('./zh/land').land
  | keyof typeof import('./zh/people').people
/** Those of the desk, the matrix, the leaders and the administration come with their pages. */
export type Key = EarlyKey | LateKey
