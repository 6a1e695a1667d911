// The texts of the interface, in English. The type demands every key of zh.ts.
import { care } from './en/care'
import { field } from './en/field'
import { issue } from './en/issue'
import { map } from './en/map'
import { report } from './en/report'
import { shell } from './en/shell'
import { supervision } from './en/supervision'
import type { EarlyKey } from './zh'

export const en: Record<EarlyKey, string> = {
  ...shell,
  ...map,
  ...issue,
  ...report,
  ...care,
  ...supervision,
  ...field,
}
