// The path of an opportunity as the server tells it, and pure questions about it.
import type { Id } from '@/api/client'
import type { FieldMeta, Tone } from '@/api/types'

export interface Person {
  id: Id
  name: string | null
}

export type NodeState = 'waiting' | 'active' | 'in_review' | 'returned' | 'done' | 'skipped'
export type OutputKind = 'note' | 'document' | 'file' | 'record' | 'approval'

/** What a record output counts: filled fields of a record, or records of a kind. */
export interface OutputCheck {
  entity: string
  of?: 'account' | 'opportunity'
  min?: number
  fields?: string[]
  where?: Record<string, string[]>
}

export interface Output {
  key: string
  kind: string
  label: string
  hint?: string | null
  required: boolean
  present: boolean
  overridden?: boolean
  detail?: string | null
  check?: OutputCheck
  output_id?: Id
  version?: number
  title?: string | null
  body?: string | null
  attachment_id?: Id
  hash?: string | null
  of?: string[]
  review_id?: Id
  round?: number
  state?: string | null
  opinion?: string | null
  rule?: string
  seats?: { role: string | null; user: Person | null; state: string }[]
  changed_at?: string
  changed_by?: Person | null
}

export interface Missing {
  node_id: Id
  node: string
  node_name: string
  key: string
  kind: string
  label: string
  reason: string | null
  hint: string
  state: string | null
  href: string
}

export interface PathNode {
  id: Id
  version: number
  code: string
  name: string
  gate: boolean
  state: NodeState
  state_label: string
  owner: Person | null
  owner_roles: string[]
  contributing_roles: string[]
  limit: string | null
  due_at: string | null
  late: boolean
  days_left?: number
  used_percent?: number
  plan_on: string | null
  starts_at: string | null
  started_at: string | null
  finished_at: string | null
  rework: number
  skip_reason: string | null
  guidance: string
  after: string[]
  outputs: Output[]
  missing: Missing[]
  can: Partial<Record<'hand_in' | 'complete' | 'return' | 'start' | 'plan' | 'assign' | 'except', boolean>>
}

export interface Stage {
  code: string
  key: string
  name: string
  state: 'waiting' | 'active' | 'done'
  nodes_total: number
  nodes_done: number
  late: number
  nodes: PathNode[]
}

export interface ExceptionRequest {
  id: Id
  node_id: Id
  kind: 'skip' | 'override'
  item: string | null
  reason: string
  state: 'pending' | 'approved' | 'returned'
  opinion: string | null
  asked_by: string | null
  approver: string | null
}

export interface Path {
  opportunity_id: Id
  outcome: string | null
  playbook_version: number | null
  stages: Stage[]
  exceptions: ExceptionRequest[]
  next_action: {
    node_id: Id
    node: string
    name: string
    mine: boolean
    missing: Missing[]
    verb: string
  } | null
}

export const nodesOf = (path: Path): PathNode[] => path.stages.flatMap((stage) => stage.nodes)

export const isOpen = (node: PathNode): boolean =>
  node.state === 'active' || node.state === 'in_review' || node.state === 'returned'
export const isPast = (node: PathNode): boolean => node.state === 'done' || node.state === 'skipped'

export const nodeByCode = (path: Path, code: string): PathNode | null =>
  nodesOf(path).find((node) => node.code === code) ?? null

export const stageOf = (path: Path, node: PathNode): Stage | null =>
  path.stages.find((stage) => stage.nodes.some((one) => one.id === node.id)) ?? null

/** The node a page opens on: the one asked for, else the next action, else the first open, else the last. */
export function startNode(path: Path, asked: string | null): PathNode | null {
  const nodes = nodesOf(path)
  return (
    (asked ? nodes.find((node) => node.code === asked) : undefined) ??
    nodes.find((node) => node.id === path.next_action?.node_id) ??
    nodes.find(isOpen) ??
    nodes.at(-1) ??
    null
  )
}

/** The stage in which the work stands: its first open one, else the first not done, else the last. */
export const currentStage = (path: Path): Stage | null =>
  path.stages.find((stage) => stage.state === 'active') ??
  path.stages.find((stage) => stage.state === 'waiting') ??
  path.stages.at(-1) ??
  null

/** "2.3/report" → that output and its node. */
export function outputAt(path: Path, of: string | undefined): { node: PathNode; output: Output } | null {
  const [code = '', key = ''] = (of ?? '').split('/')
  const node = nodeByCode(path, code)
  const output = node?.outputs.find((one) => one.key === key)
  return node && output ? { node, output } : null
}

/** The approval output that a review is about. */
export function reviewAt(path: Path, reviewId: Id): { node: PathNode; output: Output } | null {
  for (const node of nodesOf(path))
    for (const output of node.outputs)
      if (output.review_id !== undefined && String(output.review_id) === String(reviewId)) return { node, output }
  return null
}

/** The output to unfold: the one asked for, else the first missing one, else none. */
export function startOutput(node: PathNode, asked: string | null): string {
  if (asked && node.outputs.some((output) => output.key === asked)) return asked
  return isOpen(node) ? (node.missing[0]?.key ?? '') : ''
}

/**
 * May what was handed in still change? While its node is open, or while an open node decides on
 * it: then the decision is asked for again.
 */
export function mayChange(path: Path, node: PathNode, output: Output): boolean {
  if (isOpen(node)) return node.can.hand_in === true
  const of = `${node.code}/${output.key}`
  return isPast(node) && nodesOf(path).some((one) => isOpen(one) && one.outputs.some((o) => o.of?.includes(of)))
}

/** Where a node can be sent back to: itself when past, and everything it follows that has begun. */
export function returnTargets(path: Path, node: PathNode): PathNode[] {
  const nodes = nodesOf(path)
  const before = new Set<string>()
  const walk = (codes: readonly string[]) => {
    for (const code of codes) {
      if (before.has(code)) continue
      before.add(code)
      walk(nodes.find((one) => one.code === code)?.after ?? [])
    }
  }
  walk(node.after)
  return nodes.filter((one) => one.state !== 'waiting' && before.has(one.code)).reverse()
}

export const outputTone = (output: Output): Tone =>
  output.overridden ? 'warning' : output.present ? 'success' : output.state === 'returned' ? 'danger' : 'neutral'

/** The mark in a step: a tick, a count of returns, an exclamation, or the node's own number. */
export function stepMark(node: PathNode): string {
  if (node.state === 'done') return '✓'
  if (node.state === 'skipped') return '–'
  return node.late ? '!' : node.code.split('.').at(-1) ?? ''
}

// -- versions of a text, from the history of its record

export interface HistoryItem {
  at: string
  actor?: { id: Id; name: string } | null
  changes: { field: string; old: unknown; new: unknown }[]
}

export interface TextVersion {
  version: number
  at: string
  who: string
  title: string
  body: string
  hash: string
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** History comes newest first; each entry says what changed, so the text is rolled forward. */
export function versionsOf(history: readonly HistoryItem[]): TextVersion[] {
  const found: TextVersion[] = []
  let title = ''
  let body = ''
  let hash = ''
  for (const entry of [...history].reverse()) {
    const of = (name: string) => entry.changes.find((change) => change.field === name)
    const changed = of('title') ?? of('body') ?? of('content_hash')
    title = text((of('title') ?? { new: title }).new)
    body = text((of('body') ?? { new: body }).new)
    hash = text((of('content_hash') ?? { new: hash }).new)
    if (!changed) continue
    found.push({ version: found.length + 1, at: entry.at, who: entry.actor?.name ?? '', title, body, hash })
  }
  return found.reverse()
}

/** Values a new record begins with so that it satisfies the check. */
export function initialFor(check: OutputCheck, opportunityId: Id, accountId: Id | null): Record<string, unknown> {
  const fixed = Object.fromEntries(Object.entries(check.where ?? {}).flatMap(([name, values]) => (values[0] ? [[name, values[0]]] : [])))
  return {
    ...fixed,
    ...(accountId === null ? {} : { account_id: accountId }),
    ...(check.entity === 'contact' ? {} : { opportunity_id: opportunityId }),
  }
}

/** The filter that finds what the check counts. */
export function checkFilter(check: OutputCheck, opportunityId: Id, accountId: Id | null): string {
  const where = Object.entries(check.where ?? {}).map(([name, values]) => [name, { in: values }])
  const owner = check.of === 'account' ? ['account_id', { eq: accountId }] : ['opportunity_id', { eq: opportunityId }]
  return JSON.stringify(Object.fromEntries([owner, ...where]))
}

/** Which enum values a check asks for, in words: 拜访、电话、会议 */
export const wantedValues = (field: FieldMeta | undefined, values: readonly string[], words: (l: { zh: string; en: string }) => string): string[] =>
  values.map((value) => {
    const found = field?.enum?.find((one) => one.value === value)
    return found ? words(found.label) : value
  })
