// A stand-in for the server while the pages are made and photographed: it serves dist/ and answers
// the contract from a made-up district. Nothing is stored beyond the process.
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GeoJSONVT } from '@maplibre/geojson-vt'
import { fromGeojsonVt } from '@maplibre/vt-pbf'
import { actionsFor, applyAction } from './workflow.mjs'
import { areaMetrics, cellAt, cellMetrics, counted, definitions, summary } from './metrics.mjs'
import {
  areas,
  BBOX,
  categories,
  chainAt,
  departments,
  iso,
  issues,
  makeIssue,
  NAMES,
  NOW,
  routeOf,
} from './world.mjs'

const DIST = fileURLToPath(new URL('../../dist', import.meta.url))
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
}
const CSP =
  "default-src 'self'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:"
const ACCOUNTS = [
  ['worker', '张敏', 'grid_worker'],
  ['acceptor', '李伟', 'acceptor'],
  ['dispatcher', '王芳', 'dispatcher'],
  ['duty', '赵强', 'duty_supervisor'],
  ['handler', '陈静', 'handler'],
  ['leader', '刘洋', 'leader'],
]

/** Who asks: set from the cookie before each answer, which is made without waiting. */
let account = null
const receipts = new Map()
const listeners = new Set()
const photos = new Map()

const problem = (status, code, detail, extra = {}) => ({
  status,
  type: 'application/problem+json',
  body: { type: `/problems/${code}`, title: code, status, code, detail, ...extra },
})
const ok = (body, extra = {}) => ({ status: 200, type: 'application/json', body, ...extra })
const page = (items, query) => {
  const limit = Number(query.get('limit') ?? 50)
  const start = Number(query.get('cursor') ?? 0)
  const next = start + limit < items.length ? String(start + limit) : null
  return ok({ items: items.slice(start, start + limit), next_cursor: next, total: items.length })
}
const session = () => ({
  account: { id: account[0], login: account[0], name: account[1], locale: null },
  grants: [
    {
      role: account[2],
      area_code: '410105',
      area_name: '金水区',
      ...(account[2] === 'handler'
        ? { department_code: 'D01', department_name: '城市管理局' }
        : { department_code: null, department_name: null }),
      kinds: null,
    },
  ],
  csrf_token: 'mock',
  expires_at: iso(NOW + 8.64e7),
  must_change_password: false,
})

function chosen(query) {
  const from = query.get('from') ?? query.get('reported_from') ?? '0'
  const to = `${query.get('to') ?? query.get('reported_to') ?? '9'}~`
  const states = query.get('state')?.split(',')
  const q = query.get('q')
  const cell = query.get('cell')
  let list = issues.filter(
    (one) =>
      one.reported_at >= from &&
      one.reported_at <= to &&
      (!query.get('kind') || one.kind === query.get('kind')) &&
      (!query.get('category') || one.category_code === query.get('category')) &&
      (!query.get('department') || (one.lead ?? one.proposed).code === query.get('department')) &&
      (query.get('open') !== 'true' || !['closed', 'rejected', 'merged'].includes(one.state)) &&
      (!states || states.includes(one.state)) &&
      (!query.get('area') || one.chain.some((area) => area.code === query.get('area'))) &&
      (!cell || cellAt(one.position, parseInt(cell[1], 16)) === cell) &&
      (!q || one.number.includes(q) || one.text.includes(q) || one.category_name.includes(q)),
  )
  if (query.get('measure')) list = counted(list, query.get('measure'))
  return query.get('sort') === 'reported_at' ? [...list].reverse() : list
}

const whole = (issue) => {
  const { events, ...rest } = issue
  void events
  return ok(
    { ...rest, actions: actionsFor(issue, account?.[2]) },
    { headers: { ETag: `"v${issue.version}"` } },
  )
}

function preview(body) {
  const category = categories.find((one) => one.code === body.category_code)
  if (!category) return problem(422, 'validation', '类别不存在')
  const chain = chainAt(body.position)
  const near = issues.filter(
    (one) =>
      one.category_code === category.code &&
      Math.hypot(one.position[0] - body.position[0], one.position[1] - body.position[1]) < 0.002,
  )
  const { trace, ...route } = routeOf(category, chain)
  void trace
  return ok({
    location: {
      position: body.position,
      datum: 'wgs84',
      raw: body.position,
      accuracy_m: body.accuracy_m ?? null,
      inside: chain.length > 0,
      chain,
      candidates: [],
      cell: '8b2a1072d6a3fff',
      nearest_branches: [],
    },
    route,
    duplicates: near.slice(0, 3).map(({ id, number, category_name, reported_at, state }) => ({
      id: account ? id : null,
      number: account ? number : null,
      category_name,
      reported_at,
      state,
      distance_m: 60,
      score: 0.8,
      text: null,
    })),
    limit: category.conditions[0].limit,
  })
}

function report(body, key, uploaded) {
  if (key && receipts.has(key))
    return ok(receipts.get(key), { headers: { 'Idempotent-Replayed': 'true' } })
  const seen = preview(body)
  if (seen.status !== 200) return seen
  const category = categories.find((one) => one.code === body.category_code)
  const issue = makeIssue({
    ...body,
    category,
    id: `0199${String(issues.length).padStart(4, '0')}-0000-7000-8000-000000000000`,
    at: Date.now(),
    source: account ? 'staff' : 'public',
    reporter: body.anonymous
      ? { anonymous: true }
      : { anonymous: false, ...body.contact, account_name: account?.[1] },
    photos: uploaded,
    condition: null,
  })
  issue.events.push({
    seq: 1,
    at: iso(Date.now()),
    actor: account
      ? { kind: 'account', name: account[1], role: account[2] }
      : { kind: 'reporter', name: null, role: null },
    action: 'report',
    action_name: NAMES.report,
    from: null,
    to: 'reported',
    note: null,
    data: {},
    hash: '00',
  })
  issues.unshift(issue)
  const receipt = { ...seen.body, id: issue.id, number: issue.number, state: issue.state }
  if (key) receipts.set(key, receipt)
  announce(issue, 'report')
  return ok(receipt, { status: 201 })
}

function announce(issue, action) {
  for (const listener of listeners)
    listener.write(
      `event: issue\ndata: ${JSON.stringify({ id: issue.id, version: issue.version, state: issue.state, action })}\n\n`,
    )
}

let index = null
function tile(z, x, y, query) {
  const key = `${query}|${issues.length}`
  if (index?.key !== key) {
    const features = chosen(query).map(({ id, kind, state, category_code, position }) => ({
      type: 'Feature',
      properties: { id, kind, state, category_code },
      geometry: { type: 'Point', coordinates: position },
    }))
    index = {
      key,
      vt: new GeoJSONVT(
        { type: 'FeatureCollection', features },
        {
          maxZoom: 16,
          extent: 4096,
          cluster: true,
          clusterOptions: { maxZoom: 13, radius: 320, extent: 4096 },
        },
      ),
    }
  }
  const found = index.vt.getTile(z, x, y)
  for (const feature of found?.features ?? [])
    if (feature.tags.cluster) feature.tags = { count: feature.tags.point_count }
  return {
    status: found ? 200 : 204,
    type: 'application/vnd.mapbox-vector-tile',
    raw: found
      ? Buffer.from(fromGeojsonVt({ issues: found }, { version: 2, extent: 4096 }))
      : Buffer.alloc(0),
  }
}

const byId = (id) => issues.find((one) => one.id === id)
const AREA_LIST = (level) => areas.filter((area) => !level || area.properties.level === level)

/** [method, path pattern, answer]. The first that fits is taken. */
const ROUTES = [
  [
    'GET',
    /^\/instance$/,
    () =>
      ok({
        name: { zh: '郑州市金水区', en: 'Jinshui, Zhengzhou' },
        district_code: '410105',
        time_zone: 'Asia/Shanghai',
        locale_default: 'zh-CN',
        generated: true,
        generated_note: {
          zh: '区界与街道名称真实，社区、网格与事件为演示生成。',
          en: 'Outline and street names are real; communities, grids and issues were generated for demonstration.',
        },
        sources: [],
        center: [(BBOX[0] + BBOX[2]) / 2, (BBOX[1] + BBOX[3]) / 2],
        bbox: BBOX,
        basemap: null,
        territory_version: 1,
        matrix_version: 3,
        as_of: iso(NOW),
        demo_accounts: ACCOUNTS.map(([login, name, role]) => ({
          login,
          name,
          role,
          password: 'demo',
        })),
        version: '0.1.0',
      }),
  ],
  [
    'GET',
    /^\/session$/,
    () => (account ? ok(session()) : problem(401, 'unauthenticated', '未登录')),
  ],
  [
    'POST',
    /^\/session$/,
    ({ body }) => {
      const found = ACCOUNTS.find(([login]) => login === body.login)
      if (!found || body.password !== 'demo')
        return problem(401, 'bad_credentials', '账号或密码不对')
      account = found
      return ok(session(), { headers: { 'Set-Cookie': `mock=${found[0]}; Path=/; HttpOnly` } })
    },
  ],
  [
    'DELETE',
    /^\/session$/,
    () => ({ status: 204, headers: { 'Set-Cookie': 'mock=; Path=/; Max-Age=0' } }),
  ],
  ['GET', /^\/categories$/, ({ query }) => page(categories, query)],
  ['GET', /^\/departments$/, ({ query }) => page(departments, query)],
  [
    'GET',
    /^\/areas$/,
    ({ query }) => ok({ type: 'FeatureCollection', features: AREA_LIST(query.get('level')) }),
  ],
  ['POST', /^\/reports\/preview$/, ({ body }) => preview(body)],
  [
    'POST',
    /^\/reports$/,
    ({ body, headers, files }) => report(body, headers['idempotency-key'], files),
  ],
  [
    'GET',
    /^\/track\/(.+)$/,
    ({ match }) => {
      const issue = issues.find((one) => one.number === match[1])
      if (!issue) return problem(404, 'not_found', '没有这个查询号')
      return ok({
        number: issue.number,
        state: issue.state,
        kind: issue.kind,
        category_name: issue.category_name,
        text: issue.kind === 'dispute' ? null : issue.text,
        reported_at: issue.reported_at,
        department_name: (issue.lead ?? issue.proposed).name,
        sentence: issue.route.sentence,
        merged: false,
        photos: issue.photos,
        can: issue.state === 'closed' ? ['reopen'] : [],
        timeline: issue.events.map(({ at, action, action_name, to, note }) => ({
          at,
          action,
          action_name,
          state: to,
          note_public: note,
        })),
      })
    },
  ],
  ['GET', /^\/issues$/, ({ query }) => page(chosen(query), query)],
  [
    'GET',
    /^\/issues\/([^/]+)$/,
    ({ match }) =>
      byId(match[1]) ? whole(byId(match[1])) : problem(404, 'not_found', '没有这件事'),
  ],
  ['GET', /^\/issues\/([^/]+)\/events$/, ({ match, query }) => page(byId(match[1]).events, query)],
  [
    'GET',
    /^\/issues\/([^/]+)\/duplicates$/,
    ({ match }) =>
      ok({
        items: issues
          .filter(
            (one) => one.category_code === byId(match[1]).category_code && one.id !== match[1],
          )
          .slice(0, 4),
      }),
  ],
  ['POST', /^\/issues\/([^/]+)\/photos$/, ({ files }) => ok({ items: files }, { status: 201 })],
  [
    'POST',
    /^\/issues\/([^/]+)\/actions$/,
    ({ match, body, headers }) => {
      const issue = byId(match[1])
      if (headers['if-match'] !== `"v${issue.version}"`)
        return problem(412, 'stale_version', '版本已过期')
      if (!applyAction(issue, body, account))
        return problem(409, 'action_not_allowed', '现在不能这样办理', { allowed: [] })
      announce(issue, body.action)
      return whole(issue)
    },
  ],
  ['GET', /^\/metrics\/definitions$/, () => ok(definitions)],
  [
    'GET',
    /^\/metrics\/summary$/,
    ({ query }) => ok(summary(chosen(query), query.get('from'), query.get('to'))),
  ],
  [
    'GET',
    /^\/metrics\/areas$/,
    ({ query }) =>
      ok({
        as_of: iso(NOW),
        from: '',
        to: '',
        level: query.get('level'),
        items: areaMetrics(chosen(query), query.get('level')),
      }),
  ],
  [
    'GET',
    /^\/metrics\/cells$/,
    ({ query }) => ok(cellMetrics(chosen(query), Number(query.get('res')))),
  ],
  [
    'GET',
    /^\/tiles\/issues\/(\d+)\/(\d+)\/(\d+)\.mvt$/,
    ({ match, query }) => tile(Number(match[1]), Number(match[2]), Number(match[3]), query),
  ],
]

async function read(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const type = request.headers['content-type'] ?? ''
  const bytes = Buffer.concat(chunks)
  if (type.startsWith('application/json')) return { body: JSON.parse(bytes.toString()), files: [] }
  if (!type.startsWith('multipart/')) return { body: {}, files: [] }
  const form = await new Response(bytes, { headers: { 'content-type': type } }).formData()
  const files = []
  for (const blob of form.getAll('photo')) {
    const id = `p${photos.size + 1}`
    photos.set(id, Buffer.from(await blob.arrayBuffer()))
    const url = `/api/v1/photos/${id}/public`
    files.push({
      id,
      purpose: form.get('purpose') ?? 'report',
      media_type: 'image/jpeg',
      width: 1,
      height: 1,
      thumb_url: url,
      url,
      at: iso(Date.now()),
    })
  }
  const part = form.get('report')
  return { body: part ? JSON.parse(await part.text()) : {}, files }
}

async function answer(request, response) {
  const url = new URL(request.url, 'http://mock')
  if (!url.pathname.startsWith('/api/v1/')) return file(url.pathname, response)
  const path = decodeURIComponent(url.pathname.slice('/api/v1'.length))
  if (path === '/live') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
    response.write('event: heartbeat\ndata: {}\n\n')
    listeners.add(response)
    request.on('close', () => listeners.delete(response))
    return
  }
  const photo = path.match(/^\/photos\/([^/]+)\//)
  if (photo)
    return response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end(photos.get(photo[1]))
  const { body, files } = await read(request)
  account = ACCOUNTS.find(([login]) => request.headers.cookie?.includes(`mock=${login}`)) ?? null
  for (const [method, pattern, handle] of ROUTES) {
    const match = method === request.method && path.match(pattern)
    if (!match) continue
    const result = handle({ match, body, files, headers: request.headers, query: url.searchParams })
    response.writeHead(result.status, {
      'Content-Type': result.type ?? 'text/plain',
      ...result.headers,
    })
    return response.end(
      result.raw ?? (result.body === undefined ? '' : JSON.stringify(result.body)),
    )
  }
  response.writeHead(404, { 'Content-Type': 'application/problem+json' })
  response.end(JSON.stringify(problem(404, 'not_found', '没有这个地址').body))
}

function file(path, response) {
  const wanted = join(DIST, normalize(path))
  const found =
    wanted.startsWith(DIST) && existsSync(wanted) && statSync(wanted).isFile()
      ? wanted
      : join(DIST, 'index.html')
  response.writeHead(200, {
    'Content-Type': TYPES[extname(found)] ?? 'application/octet-stream',
    'Content-Security-Policy': CSP,
  })
  createReadStream(found).pipe(response)
}

const port = Number(process.env.PORT ?? 8099)
createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error)
    response.writeHead(500).end()
  })
}).listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`))
