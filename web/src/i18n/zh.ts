// 界面文字（简体中文）。The keys of these files are the keys of every language.
import { care } from './zh/care'
import { field } from './zh/field'
import { desk } from './zh/desk'
import { issue } from './zh/issue'
import { leaders } from './zh/leaders'
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
  ...leaders,
}

export type Key = keyof typeof zh
