// A made-up district for trying the pages without a server: areas, a catalog and issues, the same
// on every run. The outline and the names are invented; the real server is tested in tests/e2e.

/** A small reproducible source of numbers in 0..1 (mulberry32). */
export function makeRandom(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const random = makeRandom(20261120)
const pick = (list) => list[Math.floor(random() * list.length)]
export const NOW = Date.parse('2026-11-20T04:00:00Z')
const DAY_MS = 86_400_000
const [W, S, E, N] = [113.64, 34.74, 113.82, 34.89]

const STREETS = [
  '经八路街道',
  '花园路街道',
  '人民路街道',
  '杜岭街道',
  '大石桥街道',
  '南阳路街道',
  '南阳新村街道',
  '文化路街道',
  '丰产路街道',
  '东风路街道',
  '北林路街道',
  '未来路街道',
]
const COLS = 4
const ROWS = 3
/** Each street has 2 × 2 communities, each of these 3 × 3 grids. */
const STEPS_X = COLS * 2 * 3
const STEPS_Y = ROWS * 2 * 3

/** A corner of the lattice, moved a little so that no line is straight. */
function corner(i, j) {
  const shift = makeRandom(i * 1000 + j + 7)
  const inner = (value, max) => (value === 0 || value === max ? 0.12 : 0.34)
  return [
    W + ((E - W) * (i + (shift() - 0.5) * inner(i, STEPS_X))) / STEPS_X,
    S + ((N - S) * (j + (shift() - 0.5) * inner(j, STEPS_Y))) / STEPS_Y,
  ]
}

/** The outline of the lattice cells i0..i1 × j0..j1. */
function block(i0, j0, i1, j1) {
  const ring = []
  for (let i = i0; i < i1; i++) ring.push(corner(i, j0))
  for (let j = j0; j < j1; j++) ring.push(corner(i1, j))
  for (let i = i1; i > i0; i--) ring.push(corner(i, j1))
  for (let j = j1; j > j0; j--) ring.push(corner(i0, j))
  return [...ring, ring[0]]
}

export const areas = []
function addArea(level, code, name, parent, ring, children) {
  const path = parent
    ? `${areas.find((area) => area.properties.code === parent).properties.path}/${code}`
    : code
  areas.push({
    type: 'Feature',
    geometry: { type: 'Polygon', coordinates: [ring] },
    properties: { code, name, level, kind: null, parent, path, child_count: children },
  })
}
const two = (n) => String(n).padStart(2, '0')
addArea('district', '410105', '金水区', null, block(0, 0, STEPS_X, STEPS_Y), STREETS.length)
for (let s = 0; s < STREETS.length; s++) {
  const [x, y] = [(s % COLS) * 6, Math.floor(s / COLS) * 6]
  const street = `4101050${two(s + 1)}`
  addArea('street', street, STREETS[s], '410105', block(x, y, x + 6, y + 6), 4)
  for (let c = 0; c < 4; c++) {
    const [cx, cy] = [x + (c % 2) * 3, y + Math.floor(c / 2) * 3]
    const community = `${street}0${two(c + 1)}`
    addArea(
      'community',
      community,
      `${STREETS[s].slice(0, 2)}第${'一二三四'[c]}社区`,
      street,
      block(cx, cy, cx + 3, cy + 3),
      9,
    )
    for (let g = 0; g < 9; g++) {
      const [gx, gy] = [cx + (g % 3), cy + Math.floor(g / 3)]
      addArea(
        'grid',
        `${community}0${two(g + 1)}`,
        `第${g + 1}网格`,
        community,
        block(gx, gy, gx + 1, gy + 1),
        0,
      )
    }
  }
}

export function contains(ring, [x, y]) {
  let inside = false
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i]
    const [xj, yj] = ring[j]
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside
  }
  return inside
}

export function chainAt(position) {
  return areas
    .filter((area) => contains(area.geometry.coordinates[0], position))
    .map(({ properties: { code, name, level } }) => ({ code, name, level }))
}

const category = (kind, big, code, name, nameEn, conditions, anonymous = true) => ({
  code,
  scheme: 'demo',
  kind,
  big_code: big[0],
  big_name: big[1],
  small_code: code.slice(2),
  name,
  name_zh: name,
  name_en: nameEn,
  nature: null,
  anonymous_allowed: anonymous,
  conditions: conditions.map(([text, limit, units], index) => ({
    code: `${code}-${index + 1}`,
    text,
    closing_condition: '恢复',
    limit: limit && { amount: parseInt(limit), unit: 'work_day', text: { zh: limit, en: limit } },
    photo_required: false,
    responsible_units: units ?? [],
  })),
})
const PUBLIC = ['01', '公用设施']
const ROAD = ['02', '道路交通']
const LOOK = ['11', '市容环境']
const CONFLICT = ['31', '矛盾纠纷']
const VOICE = ['41', '社情民意']
export const categories = [
  category('hazard', PUBLIC, '0101', '上水井盖', 'Water manhole cover', [
    ['缺失、移位、开裂，存在安全隐患的', '2紧急工作时'],
    ['弹跳产生声响，翻盖明显影响安全', '2天'],
  ]),
  category('hazard', PUBLIC, '0110', '路灯', 'Street lamp', [
    ['不亮', '1天'],
    ['灯杆倾斜', '4小时'],
  ]),
  category('hazard', ROAD, '0203', '道路护栏', 'Road fence', [
    ['破损、影响通行安全', '1天'],
    ['缺失', '2天'],
  ]),
  category('hazard', ROAD, '0207', '道路破损', 'Broken road surface', [
    ['坑洞、塌陷', '4小时'],
    ['路面破损', '3天'],
  ]),
  category('hazard', LOOK, '1104', '暴露垃圾', 'Exposed rubbish', [['路面、绿地散落', '2小时']]),
  category('hazard', LOOK, '1119', '违规养犬', 'Dogs kept against the rules', [
    ['未拴绳、伤人扰民', '1天'],
  ]),
  category(
    'dispute',
    CONFLICT,
    '3101',
    '邻里纠纷',
    'Dispute between neighbours',
    [['噪音、漏水、占用', '7天']],
    false,
  ),
  category(
    'dispute',
    CONFLICT,
    '3102',
    '物业纠纷',
    'Property management dispute',
    [['收费、服务', '15天']],
    false,
  ),
  category('opinion', VOICE, '4101', '意见建议', 'Suggestion', [['公共服务', '5天']]),
  category('opinion', VOICE, '4105', '法律咨询', 'Legal question', [['劳动、婚姻、债务', '3天']]),
]
export const departments = [
  {
    code: 'D01',
    name: '城市管理局',
    name_zh: '城市管理局',
    name_en: 'Urban Management Bureau',
    active: true,
  },
  {
    code: 'D02',
    name: '公路管理局',
    name_zh: '公路管理局',
    name_en: 'Road Authority',
    active: true,
  },
  { code: 'D03', name: '公安分局', name_zh: '公安分局', name_en: 'Police', active: true },
  {
    code: 'D04',
    name: '自来水公司',
    name_zh: '自来水公司',
    name_en: 'Water Company',
    active: true,
  },
  { code: 'D05', name: '司法所', name_zh: '司法所', name_en: 'Office of Justice', active: true },
  {
    code: 'D06',
    name: '街道办事处',
    name_zh: '街道办事处',
    name_en: 'Street Office',
    active: true,
  },
]
const LEAD = { '01': 'D04', '02': 'D02', 11: 'D01', 31: 'D05', 41: 'D06' }
export function leadOf({ code, big_code }) {
  return departments.find((one) => one.code === (code === '1119' ? 'D03' : LEAD[big_code]))
}

function traceOf(cat, chain, lead) {
  const rule = (id, selector, by, fate) => ({
    rule: id,
    priority: 0,
    selector,
    area: { level: 'district', code: '410105' },
    asset: null,
    lead: by,
    fate,
  })
  return {
    form: 1,
    matrix_version: 'demo-3',
    facts: {
      chain,
      assets: [],
      scheme: cat.scheme,
      category: cat.code,
      category_name: cat.name,
      category_name_en: cat.name_en,
      condition: null,
      kind: cat.kind,
      severity: 'general',
      at: '2026-11-20T04:00:00.000Z',
      local_day: '2026-11-20',
      position: null,
    },
    considered: [
      rule(`r-${cat.code}`, `small:${cat.code}`, lead.code, { why: 'won' }),
      rule(`r-${cat.big_code}`, `big:${cat.big_code}`, 'D01', {
        why: 'less_specific_category',
        own: 2,
        winner: 3,
      }),
      rule('r-old', 'any', 'D06', { why: 'expired', to: '2026-06-30' }),
    ],
    considered_more: 0,
    rungs: [],
    departments: departments.map(({ code, name, name_en }) => ({ code, name, name_en })),
    outcome: {
      result: 'routed',
      lead: lead.code,
      assists: [],
      limit: null,
      limit_source: null,
      rule: `r-${cat.code}`,
      fallback: null,
    },
  }
}

export function routeOf(cat, chain) {
  const lead = leadOf(cat)
  const place = chain.at(-2)?.name ?? '区外'
  return {
    lead: { code: lead.code, name: lead.name },
    assists: cat.code === '1119' ? [{ code: 'D01', name: '城市管理局' }] : [],
    fallback: false,
    matrix_version: 3,
    sentence: {
      zh: `“${cat.name}”在${place}由${lead.name}主办：权责清单第 ${cat.code} 条按小类规定，比按大类的规定更具体。`,
      en: `“${cat.name_en}” in ${place} goes to ${lead.name_en}: rule ${cat.code} names the small class and is more specific than the rule for the big class.`,
    },
    trace: traceOf(cat, chain, lead),
  }
}

const TEXTS = {
  hazard: [
    '路口的护栏被撞断，行人直接走到车道上，很危险。',
    '井盖翘起，电动车经过时差点摔倒。',
    '路灯连着三盏都不亮，晚上老人不敢走。',
    '垃圾堆在绿地上两天了，有异味。',
    '路面塌了一个坑，直径大约半米。',
  ],
  dispute: ['楼上夜间装修，双方争执多次。', '物业费与服务不符，业主拒缴。'],
  opinion: [
    '希望在小区门口加一个公交站牌。',
    '想咨询离职后的工资怎么要。',
    '建议延长社区食堂的开放时间。',
  ],
}
const FINAL = [
  'closed',
  'closed',
  'closed',
  'closed',
  'closed',
  'handled',
  'handling',
  'handling',
  'dispatched',
  'filed',
  'reported',
  'verifying',
  'rejected',
  'suspended',
  'inspecting',
]
const CENTERS = Array.from({ length: 9 }, () => [
  W + (E - W) * (0.1 + 0.8 * random()),
  S + (N - S) * (0.1 + 0.8 * random()),
])
const around = () => {
  const [x, y] = pick(CENTERS)
  const gauss = () => (random() + random() + random() + random() - 2) * 0.022
  return [x + gauss(), y + gauss() * 0.8]
}
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ'
const letters = (n) => Array.from({ length: n }, () => pick([...ALPHABET])).join('')
export const makeNumber = () => `HX-${letters(4)}-${letters(4)}-${letters(2)}`
export const iso = (ms) => new Date(ms).toISOString()

/** The names of what was done, as the log gives them. */
export const NAMES = Object.fromEntries(
  Object.entries({
    report: ['上报', 'Report'],
    file: ['立案', 'File'],
    dispatch: ['派遣', 'Dispatch'],
    accept: ['签收', 'Accept'],
    submit: ['反馈结果', 'Submit feedback'],
    close: ['结案', 'Close'],
  }).map(([action, [zh, en]]) => [action, { zh, en }]),
)

export function makeIssue(input) {
  const chain = chainAt(input.position)
  const cat = input.category
  const route = routeOf(cat, chain)
  const coded = (level) => {
    const area = chain.find((one) => one.level === level)
    return area ? { code: area.code, name: area.name } : null
  }
  return {
    id: input.id,
    number: makeNumber(),
    kind: cat.kind,
    category_code: cat.code,
    category_name: cat.name,
    severity: input.severity ?? 'general',
    state: input.state ?? 'reported',
    text: input.text,
    position: input.position,
    address: input.address ?? null,
    grid: coded('grid'),
    street: coded('street'),
    lead: null,
    proposed: route.lead,
    reports: 1,
    reported_at: iso(input.at),
    updated_at: iso(input.at),
    version: 1,
    thumb_url: null,
    reworks: 0,
    returns: 0,
    reopened: 0,
    condition: input.condition ?? null,
    closing_condition: '恢复',
    limit: cat.conditions[0].limit,
    accuracy_m: input.accuracy_m ?? 12,
    datum: 'wgs84',
    raw: input.position,
    chain,
    candidates: [],
    cell: '8b2a1072d6a3fff',
    assists: route.assists,
    reporter: input.reporter ?? { anonymous: true, name: null, phone: null, account_name: null },
    source: input.source ?? 'public',
    filed_at: null,
    dispatched_at: null,
    accepted_at: null,
    handled_at: null,
    closed_at: null,
    merged_into: null,
    merged_from: [],
    route,
    photos: input.photos ?? [],
    events: [],
  }
}

export const issues = []
for (let n = 0; n < 2600; n++) {
  const position = around()
  if (chainAt(position).length < 4) continue
  const at = NOW - Math.floor(random() ** 1.3 * 180 * DAY_MS)
  const cat = pick(categories)
  const issue = makeIssue({
    id: `0194${String(n).padStart(4, '0')}-0000-7000-8000-000000000000`,
    category: cat,
    text: pick(TEXTS[cat.kind]),
    position,
    at,
    severity: cat.kind === 'hazard' && random() < 0.04 ? 'major' : 'general',
    state: NOW - at > 40 * DAY_MS && random() < 0.75 ? 'closed' : pick(FINAL),
  })
  issue.condition = { code: cat.conditions[0].code, text: cat.conditions[0].text }
  issue.reworks = random() < 0.07 ? 1 : 0
  issue.returns = random() < 0.09 ? 1 : 0
  issue.candidates =
    random() < 0.1 ? issue.chain.slice(-2).map((one) => ({ ...one, distance_m: 9 })) : []
  const late = (hours) => iso(at + hours * 3_600_000)
  const push = (action, from, to, hours, name, role, note = null) =>
    issue.events.push({
      seq: issue.events.length + 1,
      at: late(hours),
      actor: { kind: 'account', name, role },
      action,
      action_name: NAMES[action],
      from,
      to,
      note,
      data: {},
      hash: 'ab12',
    })
  push('report', null, 'reported', 0, '张敏', 'grid_worker')
  if (!['reported', 'verifying', 'rejected'].includes(issue.state)) {
    push('file', 'reported', 'filed', 0.3, '李伟', 'acceptor')
    issue.filed_at = late(0.3)
  }
  if (
    ['dispatched', 'handling', 'handled', 'inspecting', 'closed', 'suspended'].includes(issue.state)
  ) {
    push('dispatch', 'filed', 'dispatched', 0.6, '王芳', 'dispatcher', '按权责清单派遣')
    issue.dispatched_at = late(0.6)
    issue.lead = issue.proposed
  }
  if (['handling', 'handled', 'inspecting', 'closed'].includes(issue.state)) {
    push('accept', 'dispatched', 'handling', 2, issue.proposed.name, 'handler')
    issue.accepted_at = late(2)
  }
  if (['handled', 'inspecting', 'closed'].includes(issue.state)) {
    push('submit', 'handling', 'handled', 20, issue.proposed.name, 'handler', '已到现场处理完毕。')
    issue.handled_at = late(20)
  }
  if (issue.state === 'closed') {
    push('close', 'handled', 'closed', 26, '赵强', 'duty_supervisor')
    issue.closed_at = late(26)
  }
  issues.push(issue)
}
issues.sort((a, b) => (a.reported_at < b.reported_at ? 1 : -1))
export const BBOX = [W - 0.005, S - 0.005, E + 0.005, N + 0.005]
