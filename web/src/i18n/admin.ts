// The texts of the administration, which come with its pages and not with the first load.
import { addTexts } from './index.svelte'
import { admin as enAdmin } from './en/admin'
import { land as enLand } from './en/land'
import { people as enPeople } from './en/people'
import { admin as zhAdmin } from './zh/admin'
import { land as zhLand } from './zh/land'
import { people as zhPeople } from './zh/people'

const zh = { ...zhAdmin, ...zhLand, ...zhPeople }
const en: Record<keyof typeof zh, string> = { ...enAdmin, ...enLand, ...enPeople }
addTexts({ 'zh-CN': zh, en })
