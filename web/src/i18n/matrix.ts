// The texts of the responsibility matrix, which come with what shows it and not with the first load.
import { addTexts } from './index.svelte'
import { matrix as en } from './en/matrix'
import { matrix as zh } from './zh/matrix'

const translated: Record<keyof typeof zh, string> = en
addTexts({ 'zh-CN': zh, en: translated })
