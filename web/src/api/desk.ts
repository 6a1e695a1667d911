// The wire types of the desk: saved views, handover notes, templates, bulk steps.
import type { components } from './schema'

type Wire = components['schemas']
export type SavedView = Wire['ViewWire']
export type SavedViews = Wire['ViewsWire']
export type Handover = Wire['HandoverWire']
export type Template = Wire['TemplateWire']
export type BulkAnswer = Wire['BulkAnswerWire']
export type BulkFate = Wire['BulkFateWire']
