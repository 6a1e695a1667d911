// The texts of the interface, in English. The type demands every key of zh.ts.
import { care } from './en/care'
import { field } from './en/field'
import { desk } from './en/desk'
import { issue } from './en/issue'
import { leaders } from './en/leaders'
import { map } from './en/map'
import { matrix } from './en/matrix'
import { report } from './en/report'
import { shell } from './en/shell'
import { supervision } from './en/supervision'
import type { Key } from './zh'

export const en: Record<Key, string> = {
  ...shell,
  ...map,
  ...issue,
  ...report,
  ...matrix,
  ...care,
  ...supervision,
  ...field,
  ...desk,
  ...leaders,
}
