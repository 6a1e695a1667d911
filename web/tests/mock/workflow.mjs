// A few transitions of the workflow, enough to try the forms that offers make.
import { departments, NAMES } from './world.mjs'

const note = (zh, en, required = true) => ({
  name: 'note',
  kind: 'text',
  required,
  label: { zh, en },
  max_chars: 500,
})
const offer = (action, zh, en, to, tone, fields = []) => ({
  action,
  name: { zh, en },
  to,
  tone,
  fields,
})
const DEPARTMENT = {
  name: 'department',
  kind: 'department',
  required: true,
  label: { zh: '主办部门', en: 'Lead department' },
}
const ASSISTS = {
  name: 'assists',
  kind: 'departments',
  required: false,
  label: { zh: '协办部门', en: 'Assisting departments' },
}
const TARGET = {
  name: 'target',
  kind: 'issue',
  required: true,
  label: { zh: '并入哪一件', en: 'Merge into' },
}
const PHOTOS = {
  name: 'photo_ids',
  kind: 'photos',
  required: false,
  label: { zh: '照片', en: 'Photos' },
}
const OUTCOME = {
  name: 'outcome',
  kind: 'choice',
  required: true,
  label: { zh: '结果', en: 'Outcome' },
  choices: [{ value: 'remedied', label: { zh: '已整改', en: 'Remedied' } }],
}
const UNTIL = { name: 'until', kind: 'date', required: true, label: { zh: '挂账到', en: 'Until' } }

const OFFERS = {
  reported: [
    offer('file', '立案', 'File', 'filed', 'primary'),
    offer('accept_for_check', '转核实', 'Send to check', 'verifying', 'plain'),
    offer('merge', '并案', 'Merge', 'merged', 'plain', [TARGET]),
    offer('reject', '不予受理', 'Reject', 'rejected', 'danger', [note('原因', 'Reason')]),
  ],
  verifying: [
    offer('file', '立案', 'File', 'filed', 'primary'),
    offer('reject', '不予受理', 'Reject', 'rejected', 'danger', [note('原因', 'Reason')]),
  ],
  filed: [
    offer('dispatch', '派遣', 'Dispatch', 'dispatched', 'primary', [
      DEPARTMENT,
      ASSISTS,
      note('说明', 'Note', false),
    ]),
  ],
  dispatched: [
    offer('accept', '签收', 'Accept', 'handling', 'primary'),
    offer('return', '退单', 'Return', 'filed', 'danger', [note('退单原因', 'Reason')]),
  ],
  handling: [
    offer('submit', '反馈处置结果', 'Give feedback', 'handled', 'primary', [
      OUTCOME,
      note('怎么处理的', 'What was done'),
      PHOTOS,
    ]),
    offer('suspend', '挂账', 'Suspend', 'suspended', 'plain', [UNTIL, note('原因', 'Reason')]),
  ],
  handled: [
    offer('close', '结案', 'Close', 'closed', 'primary', [note('说明', 'Note', false)]),
    offer('order_check', '派核查', 'Order an inspection', 'inspecting', 'plain'),
  ],
  inspecting: [
    offer('pass', '核查通过', 'Pass', 'closed', 'primary'),
    offer('fail', '核查不通过', 'Fail', 'handling', 'danger', [note('原因', 'Reason')]),
  ],
  suspended: [offer('resume', '恢复', 'Resume', 'handling', 'primary')],
  closed: [offer('reopen', '重新打开', 'Reopen', 'filed', 'plain', [note('原因', 'Reason')])],
}

export function actionsFor(issue, role) {
  return role && role !== 'leader' ? (OFFERS[issue.state] ?? []) : []
}

const STAMPS = {
  filed: 'filed_at',
  dispatched: 'dispatched_at',
  handling: 'accepted_at',
  handled: 'handled_at',
  closed: 'closed_at',
}

/** Applies the action in place. False when the state does not allow it. */
export function applyAction(issue, body, account) {
  const chosen = actionsFor(issue, account?.[2]).find((one) => one.action === body.action)
  if (!chosen) return false
  const at = new Date().toISOString()
  issue.events.push({
    seq: issue.events.length + 1,
    at,
    actor: { kind: 'account', name: account[1], role: account[2] },
    action: body.action,
    action_name: NAMES[body.action] ?? chosen.name,
    from: issue.state,
    to: chosen.to,
    note: body.note ?? null,
    data: {},
    hash: '00',
  })
  issue.state = chosen.to
  issue.version += 1
  issue.updated_at = at
  if (STAMPS[chosen.to]) issue[STAMPS[chosen.to]] ??= at
  const lead = departments.find((one) => one.code === body.department)
  if (lead) issue.lead = { code: lead.code, name: lead.name }
  return true
}
