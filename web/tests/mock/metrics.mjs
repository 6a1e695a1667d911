// The numbers of the made-up district, counted anew from its issues on each request.
import { areas, iso, NOW } from './world.mjs'

const rate = (numerator, denominator, id) => ({
  value: denominator ? numerator / denominator : null,
  numerator,
  denominator,
  definition: `${id}@1`,
})

export function metricsOf(list) {
  const count = (test) => list.filter(test).length
  const filed = count((one) => one.filed_at)
  const dispatched = count((one) => one.dispatched_at)
  const closed = count((one) => one.closed_at)
  const open = count((one) => !['closed', 'rejected', 'merged'].includes(one.state))
  const times = (median) => ({ median, p90: median * 3, n: closed })
  return {
    reported: list.length,
    filed,
    dispatched,
    closed,
    open,
    filing_rate: rate(filed, list.length, 'filing_rate'),
    dispatch_accuracy: rate(
      count((one) => one.dispatched_at && !one.returns),
      dispatched,
      'dispatch_accuracy',
    ),
    closing_rate: rate(closed, filed, 'closing_rate'),
    on_time_closing_rate: rate(closed, filed, 'on_time_closing_rate'),
    rework_rate: rate(
      count((one) => one.reworks),
      filed,
      'rework_rate',
    ),
    backlog: { open, age_median_ms: open ? 5.2e8 : null, age_p90_ms: open ? 2.4e9 : null },
    accept_ms: times(1_080_000),
    handle_ms: times(72_000_000),
    close_ms: times(93_600_000),
  }
}

/** The issues that a measure counts. */
export function counted(list, measure) {
  const [id, part] = (measure === 'open' ? 'backlog' : measure).split('.')
  const base =
    {
      closing_rate: (one) => one.filed_at,
      on_time_closing_rate: (one) => one.filed_at,
      rework_rate: (one) => one.filed_at,
      filing_rate: () => true,
      dispatch_accuracy: (one) => one.dispatched_at,
      backlog: (one) => !['closed', 'rejected', 'merged'].includes(one.state),
    }[id] ?? (() => true)
  const top =
    {
      closing_rate: (one) => one.closed_at,
      on_time_closing_rate: (one) => one.closed_at,
      rework_rate: (one) => one.reworks,
      filing_rate: (one) => one.filed_at,
      dispatch_accuracy: (one) => !one.returns,
    }[id] ?? (() => true)
  return list.filter((one) => base(one) && (part !== 'numerator' || top(one)))
}

export const definitions = [
  ['closing_rate', '结案率', 'Closing rate', '已结案', 'closed', '应结案', 'due to be closed'],
  [
    'on_time_closing_rate',
    '按期结案率',
    'On-time closing rate',
    '时限内结案',
    'closed within the limit',
    '应结案',
    'due to be closed',
  ],
  ['filing_rate', '立案率', 'Filing rate', '已立案', 'filed', '已上报', 'reported'],
  [
    'dispatch_accuracy',
    '准确派遣率',
    'Dispatch accuracy',
    '派遣后未被退回',
    'never returned as wrong',
    '已派遣',
    'dispatched',
  ],
  [
    'rework_rate',
    '返工率',
    'Rework rate',
    '至少一次核查不通过',
    'at least one failed inspection',
    '应结案',
    'due to be closed',
  ],
].map(([id, zh, en, nzh, nen, dzh, den]) => ({
  id,
  version: 1,
  label: `${id}@1`,
  unit: 'ratio',
  name: { zh, en },
  numerator: { zh: nzh, en: nen },
  denominator: { zh: dzh, en: den },
}))

export function areaMetrics(list, level) {
  return areas
    .filter((area) => area.properties.level === level)
    .map(({ properties: { code, name } }) => {
      const here = list.filter((one) => one.chain.some((area) => area.code === code))
      return { code, name, n: here.length, metrics: metricsOf(here) }
    })
}

/** A plain lattice of hexagons stands in for H3; the pages only ever see the polygons. */
const SIZE_DEG = { 5: 0.09, 6: 0.036, 7: 0.0135, 8: 0.0051, 9: 0.0019, 10: 0.00073 }
const ASPECT = Math.cos((34.8 * Math.PI) / 180)
export function cellAt([lon, lat], res) {
  const size = SIZE_DEG[res]
  const x = (lon * ASPECT) / size
  const y = lat / size
  const q = (Math.sqrt(3) / 3) * x - y / 3
  const r = (2 / 3) * y
  let [rq, rr] = [Math.round(q), Math.round(r)]
  const rs = Math.round(-q - r)
  const [dq, dr, ds] = [Math.abs(rq - q), Math.abs(rr - r), Math.abs(rs + q + r)]
  if (dq > dr && dq > ds) rq = -rr - rs
  else if (dr > ds) rr = -rq - rs
  return `8${res.toString(16)}_${rq}_${rr}`
}

function hexagon(cell) {
  const [head, q, r] = cell.split('_')
  const size = SIZE_DEG[parseInt(head.slice(1), 16)]
  const cx = size * (Math.sqrt(3) * Number(q) + (Math.sqrt(3) / 2) * Number(r))
  const cy = size * 1.5 * Number(r)
  const ring = Array.from({ length: 7 }, (_, k) => {
    const angle = (Math.PI / 180) * (60 * k + 30)
    return [(cx + size * Math.cos(angle)) / ASPECT, cy + size * Math.sin(angle)]
  })
  return { type: 'Polygon', coordinates: [ring] }
}

export function cellMetrics(list, res) {
  const groups = new Map()
  for (const one of list) {
    const cell = cellAt(one.position, res)
    groups.set(cell, [...(groups.get(cell) ?? []), one])
  }
  return {
    type: 'FeatureCollection',
    features: [...groups].map(([cell, here]) => {
      const metrics = metricsOf(here)
      const properties = {
        cell,
        n: here.length,
        reported: metrics.reported,
        open: metrics.open,
      }
      for (const id of [
        'filing_rate',
        'dispatch_accuracy',
        'closing_rate',
        'on_time_closing_rate',
        'rework_rate',
      ]) {
        properties[id] = metrics[id].value
        properties[`${id}_numerator`] = metrics[id].numerator
        properties[`${id}_denominator`] = metrics[id].denominator
      }
      return { type: 'Feature', geometry: hexagon(cell), properties }
    }),
  }
}

export function summary(list, from, to) {
  const by = (key) =>
    Object.fromEntries(
      [...new Set(list.map((one) => one[key]))].map((value) => [
        value,
        list.filter((one) => one[key] === value).length,
      ]),
    )
  const days = new Map()
  for (const one of list) {
    const day = (at) =>
      days.get(at.slice(0, 10)) ??
      days.set(at.slice(0, 10), { reported: 0, closed: 0 }).get(at.slice(0, 10))
    day(one.reported_at).reported += 1
    if (one.closed_at) day(one.closed_at).closed += 1
  }
  return {
    as_of: iso(NOW),
    from,
    to,
    area: null,
    n: list.length,
    metrics: metricsOf(list),
    by_state: by('state'),
    by_kind: by('kind'),
    series: [...days]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([day, counts]) => ({ day, ...counts })),
  }
}
