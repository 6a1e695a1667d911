// The texts of the desk and of the inbox, which come with these pages and not with the first load.
import { addTexts } from './index.svelte'
import { desk as en } from './en/desk'
import { desk as zh } from './zh/desk'

const translated: Record<keyof typeof zh, string> = en
addTexts({ 'zh-CN': zh, en: translated })
