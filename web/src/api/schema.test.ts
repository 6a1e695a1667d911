// The types of the contract against the server's own description of it.
import { readFileSync } from 'node:fs'
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript'
import { describe, expect, it } from 'vitest'
import type { components } from './schema'
import type * as hand from './types'

type Wire = components['schemas']
/** The fields that a hand-written type reads and the server does not send, or sends otherwise.
 * Objects within are compared on a line of their own. */
type Stray<Hand, Sent> = {
  [K in keyof Hand]-?: K extends keyof Sent
    ? Hand[K] extends Sent[K] | object | null | undefined
      ? never
      : K
    : K
}[keyof Hand]
type Read = {
  Alike: Stray<hand.Alike, Wire['AlikeWire']>
  ActionField: Stray<hand.ActionField, Wire['OfferField']>
  ActionOffer: Stray<hand.ActionOffer, Wire['ActionOffer']>
  AreaDetail: Stray<hand.AreaDetail, Wire['AreaDetail']>
  AreaMetrics: Stray<hand.AreaMetrics, Wire['AreaMetricsList']>
  AreaProps: Stray<hand.AreaProps, Wire['AreaWire']>
  Category: Stray<hand.Category, Wire['CategoryWire']>
  Condition: Stray<hand.Condition, Wire['ConditionWire']>
  Department: Stray<hand.Department, Wire['DepartmentWire']>
  Event: Stray<hand.IssueEvent, Wire['EventWire']>
  Grant: Stray<hand.Grant, Wire['GrantWire']>
  Instance: Stray<hand.Instance, Wire['InstanceWire']>
  Issue: Stray<hand.Issue, Wire['IssueWire']>
  IssueBrief: Stray<hand.IssueBrief, Wire['IssueBrief']>
  Limit: Stray<hand.Limit, Wire['LimitWire']>
  Live: Stray<hand.LiveIssue, Wire['IssueEvent']>
  Location: Stray<hand.Location, Wire['LocationWire']>
  MetricDefinition: Stray<hand.MetricDefinition, Wire['DefinitionWire']>
  Metrics: Stray<hand.Metrics, Wire['MetricsWire']>
  Photo: Stray<hand.Photo, Wire['PhotoWire']>
  Preview: Stray<hand.ReportPreview, Wire['PreviewWire']>
  Rate: Stray<hand.Rate, Wire['RateWire']>
  Receipt: Stray<hand.ReportReceipt, Wire['SubmittedWire']>
  Report: Stray<hand.ReportBody, Wire['ReportWire']>
  Route: Stray<hand.Route, Wire['RouteWire']>
  Session: Stray<hand.Session, Wire['SessionWire']>
  Summary: Stray<hand.Summary, Wire['SummaryWire']>
  Times: Stray<hand.Times, Wire['TimesWire']>
  Track: Stray<hand.Track, Wire['TrackWire']>
}
type Strays = { [K in keyof Read as [Read[K]] extends [never] ? never : K]: Read[K] }
/** Does not compile when there is a stray; the compiler's message names it. */
const strays: Strays = {}

describe('the types of the contract', () => {
  it('every field that is read is one that the server sends', () => expect(strays).toEqual({}))

  it('the generated types are not stale', async () => {
    const at = (path: string) => new URL(path, import.meta.url)
    const text = COMMENT_HEADER + astToString(await openapiTS(at('../../openapi.json')))
    expect(readFileSync(at('./schema.d.ts'), 'utf8') === text).toBe(true)
  })
})
