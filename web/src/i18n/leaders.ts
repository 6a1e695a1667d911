// The texts of the leaders' pages, which come with these pages and not with the first load.
import { addTexts } from './index.svelte'
import { leaders as en } from './en/leaders'
import { leaders as zh } from './zh/leaders'

const translated: Record<keyof typeof zh, string> = en
addTexts({ 'zh-CN': zh, en: translated })
