import { describe, expect, it } from 'vitest'
import {
  reviewAt, checkFilter, currentStage, initialFor, mayChange, outputAt, returnTargets, startNode, startOutput, stepMark, versionsOf,
  type Output, type Path, type PathNode,
} from './model'

const output = (key: string, more: Partial<Output> = {}): Output => ({ key, kind: 'document', label: key, required: true, present: false, ...more })
let id = 0
const node = (code: string, more: Partial<PathNode> = {}): PathNode => ({
  id: ++id, version: 1, code, name: code, gate: false, state: 'waiting', state_label: '', owner: null, owner_roles: [], contributing_roles: [],
  limit: null, due_at: null, late: false, plan_on: null, starts_at: null, started_at: null, finished_at: null, rework: 0, skip_reason: null,
  guidance: '', after: [], outputs: [], missing: [], can: {}, ...more,
})
function path(): Path {
  const one = node('1.1', { state: 'done', outputs: [output('report', { present: true })] })
  const two = node('1.2', { state: 'active', after: ['1.1'], can: { hand_in: true }, outputs: [output('sign', { kind: 'approval', of: ['1.1/report'], review_id: 7 })] })
  const three = node('2.1', { after: ['1.2'] })
  const stage = (code: string, state: 'done' | 'active' | 'waiting', nodes: PathNode[]) => ({
    code, key: code, name: code, state, nodes_total: nodes.length, nodes_done: 0, late: 0, nodes,
  })
  return {
    opportunity_id: 1, outcome: 'open', playbook_version: 1, exceptions: [],
    stages: [stage('1', 'active', [one, two]), stage('2', 'waiting', [three])],
    next_action: { node_id: two.id, node: '1.2', name: '1.2', mine: true, missing: [], verb: 'hand_in' },
  }
}
const at = (p: Path, code: string): PathNode => {
  const found = p.stages.flatMap((s) => s.nodes).find((n) => n.code === code)
  if (!found) throw new Error(code)
  return found
}

describe('where the page opens', () => {
  it('takes the node asked for, else the next action', () => {
    const p = path()
    expect(startNode(p, '2.1')?.code).toBe('2.1')
    expect(startNode(p, null)?.code).toBe('1.2')
    expect(startNode(p, '9.9')?.code).toBe('1.2')
  })
  it('unfolds the first missing output of an open node only', () => {
    const p = path()
    const open = at(p, '1.2')
    open.missing = [{ node_id: 2, node: '1.2', node_name: '', key: 'sign', kind: 'approval', label: '', reason: null, hint: '', state: null, href: '' }]
    expect(startOutput(open, null)).toBe('sign')
    expect(startOutput(at(p, '1.1'), null)).toBe('')
    expect(startOutput(at(p, '1.1'), 'report')).toBe('report')
  })
  it('knows the stage at work', () => {
    const p = path()
    expect(currentStage(p)?.code).toBe('1')
    for (const stage of p.stages) stage.state = 'done'
    expect(currentStage(p)?.code).toBe('2')
  })
})

it('finds outputs and approvals', () => {
  const p = path()
  expect(outputAt(p, '1.1/report')?.output.key).toBe('report')
  expect(outputAt(p, '1.1/none')).toBeNull()
  expect(reviewAt(p, '7')?.node.code).toBe('1.2')
})

it('lets what is handed in change while it is being decided on', () => {
  const p = path()
  expect(mayChange(p, at(p, '1.1'), output('report'))).toBe(true)
  at(p, '1.2').state = 'done'
  expect(mayChange(p, at(p, '1.1'), output('report'))).toBe(false)
})

it('sends back only to what came before and has begun', () => {
  const p = path()
  expect(returnTargets(p, at(p, '1.2')).map((n) => n.code)).toEqual(['1.1'])
  expect(returnTargets(p, at(p, '1.1'))).toEqual([])
})

it('rolls the versions of a text forward from its history', () => {
  const versions = versionsOf([
    { at: '3', actor: { id: 1, name: '甲' }, changes: [{ field: 'body', old: '一', new: '二' }] },
    { at: '2', actor: { id: 1, name: '甲' }, changes: [{ field: 'owner_id', old: 1, new: 2 }] },
    { at: '1', actor: { id: 2, name: '乙' }, changes: [{ field: 'title', old: null, new: '题' }, { field: 'body', old: null, new: '一' }] },
  ])
  expect(versions.map(({ version, who, title, body }) => [version, who, title, body])).toEqual([
    [2, '甲', '题', '二'],
    [1, '乙', '题', '一'],
  ])
})

it('asks for what a record output counts', () => {
  const check = { entity: 'activity', of: 'account' as const, min: 1, where: { kind: ['visit', 'call'] } }
  expect(JSON.parse(checkFilter(check, 5, 9))).toEqual({ account_id: { eq: 9 }, kind: { in: ['visit', 'call'] } })
  expect(initialFor(check, 5, 9)).toEqual({ kind: 'visit', account_id: 9, opportunity_id: 5 })
  expect(initialFor({ entity: 'contact', of: 'account' }, 5, 9)).toEqual({ account_id: 9 })
})

it('marks the steps', () => {
  expect([stepMark(node('1.3', { state: 'done' })), stepMark(node('1.3', { late: true, state: 'active' })), stepMark(node('1.3'))]).toEqual(['✓', '!', '3'])
})
