// 界面文字（简体中文）。The keys of these files are the keys of every language.
import { care } from './zh/care'
import { field } from './zh/field'
import { desk } from './zh/desk'
import { issue } from './zh/issue'
import { map } from './zh/map'
import { matrix } from './zh/matrix'
import { report } from './zh/report'
import { shell } from './zh/shell'
import { supervision } from './zh/supervision'

export const zh = {
  ...shell,
  ...map,
  ...issue,
  ...report,
  ...matrix,
  ...care,
  ...supervision,
  ...field,
  ...desk,
}

/** The texts that every page comes with. */
export type EarlyKey = keyof typeof zh
type LateKey =
  | keyof typeof import('./zh/leaders').leaders
  | keyof typeof import('./zh/admin').admin
  | keyof typeof import('./zh/land').land
  | keyof typeof import('./zh/people').people
/** Those of the leaders' pages and of the administration come with these pages. */
export type Key = EarlyKey | LateKey
