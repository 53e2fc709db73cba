// A filter as a tree of conditions and groups, for the editor of what chips cannot show; and back
// to the JSON that the server reads.
import { isCondition, type Condition } from './filter'

export interface FilterGroup {
  joint: 'and' | 'or'
  /** The opposite of what the group says. */
  not: boolean
  items: (FilterGroup | Condition)[]
}

/** Deeper ones are understood but no longer made: nobody reads them. */
export const DEPTH_MAX = 4

export const isGroup = (node: FilterGroup | Condition): node is FilterGroup => 'items' in node
export const emptyGroup = (joint: 'and' | 'or' = 'and'): FilterGroup => ({ joint, not: false, items: [] })

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

function nodesOf(tree: Json): (FilterGroup | Condition)[] | null {
  const found: (FilterGroup | Condition)[] = []
  for (const [key, value] of Object.entries(tree)) {
    if (key === 'and' || key === 'or') {
      if (!Array.isArray(value)) return null
      const group = emptyGroup(key)
      for (const item of value) {
        const nodes = isObject(item) ? nodesOf(item) : null
        if (!nodes) return null
        group.items.push(...(nodes.length === 1 || key === 'and' ? nodes : [{ joint: 'and' as const, not: false, items: nodes }]))
      }
      found.push(group)
    } else if (key === 'not') {
      const nodes = isObject(value) ? nodesOf(value) : null
      if (!nodes) return null
      const [only] = nodes
      found.push(
        nodes.length === 1 && only && isGroup(only) && !only.not
          ? { ...only, not: true }
          : { joint: 'and', not: true, items: nodes },
      )
    } else {
      for (const [op, operand] of Object.entries(isObject(value) ? value : { eq: value })) {
        if (!isCondition(op)) return null
        found.push({ field: key, op, value: operand })
      }
    }
  }
  return found
}

/** Null: not a filter at all. */
export function toTree(text: string): FilterGroup | null {
  if (!text) return emptyGroup()
  let tree: unknown
  try {
    tree = JSON.parse(text)
  } catch {
    return null
  }
  const nodes = isObject(tree) ? nodesOf(tree) : null
  if (!nodes) return null
  const [only] = nodes
  return nodes.length === 1 && only && isGroup(only) ? only : { joint: 'and', not: false, items: nodes }
}

function toJson(group: FilterGroup): Json | null {
  const items = group.items.flatMap((node) => {
    const json = isGroup(node) ? toJson(node) : { [node.field]: { [node.op]: node.value } }
    return json ? [json] : []
  })
  if (!items.length) return null
  const inner = items.length === 1 && items[0] ? items[0] : { [group.joint]: items }
  return group.not ? { not: inner } : inner
}

/** Empty groups say nothing and are left out; '' for no condition at all. */
export function toText(group: FilterGroup): string {
  const json = toJson(group)
  return json ? JSON.stringify(json) : ''
}

/** Both must hold; either may be ''. */
export const bothOf = (one: string, other: string): string =>
  one && other ? `{"and":[${one},${other}]}` : one || other
