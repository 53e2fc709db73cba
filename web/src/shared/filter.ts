// Filters of a list as chips, and as the JSON the server reads:
// {"stage":{"eq":"x"},"amount_fen":{"ge":100}} — the members are joined by AND.
import type { FieldMeta } from '@/api/types'

export type Op =
  | 'eq'
  | 'ne'
  | 'in'
  | 'nin'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge'
  | 'contains'
  | 'begins'
  | 'is_null'
  | 'between'

export interface Condition {
  field: string
  op: Op
  value: unknown
}

const OPS: readonly string[] = [
  'eq', 'ne', 'in', 'nin', 'lt', 'le', 'gt', 'ge', 'contains', 'begins', 'is_null', 'between',
]

export const isCondition = (op: string): op is Op => OPS.includes(op)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Operators offered for a field, the first is the default. */
export function opsFor(field: FieldMeta): Op[] {
  switch (field.type) {
    case 'set':
      return ['contains', 'is_null']
    case 'enum':
      return ['in', 'nin', 'is_null']
    case 'ref':
      return ['in', 'is_null']
    case 'bool':
      return ['eq']
    case 'int':
    case 'bp':
    case 'money':
      return ['between', 'ge', 'le', 'eq', 'is_null']
    case 'date':
    case 'time':
      return ['between', 'ge', 'le', 'is_null']
    default:
      if (field.enum) return ['in', 'nin', 'is_null']
      return ['contains', 'begins', 'eq', 'is_null']
  }
}

export function toFilter(conditions: Condition[]): string {
  if (!conditions.length) return ''
  const merged: Record<string, Record<string, unknown>> = {}
  const more: Record<string, Record<string, unknown>>[] = []
  for (const { field, op, value } of conditions) {
    const ops = (merged[field] ??= {})
    if (op in ops) more.push({ [field]: { [op]: value } })
    else ops[op] = value
  }
  return JSON.stringify(more.length ? { and: [merged, ...more] } : merged)
}

/**
 * The chips of a filter, or null when it says more than chips can (or, not): such a filter
 * stays in force and is shown as one chip that can only be removed.
 */
export function fromFilter(text: string): Condition[] | null {
  if (!text) return []
  let tree: unknown
  try {
    tree = JSON.parse(text)
  } catch {
    return null
  }
  if (!isObject(tree)) return null
  const and = tree['and']
  const members: unknown[] = Array.isArray(and) ? and : [tree]
  if (Array.isArray(and) && Object.keys(tree).length > 1) return null
  const found: Condition[] = []
  for (const member of members) {
    if (!isObject(member)) return null
    for (const [field, ops] of Object.entries(member)) {
      if (field === 'and' || field === 'or' || field === 'not' || !isObject(ops)) return null
      for (const [op, value] of Object.entries(ops)) {
        if (!OPS.includes(op)) return null
        found.push({ field, op: op as Op, value }) // just checked against the list
      }
    }
  }
  return found
}
