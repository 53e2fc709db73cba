// Pure parts of administration: made-up passwords, and the table of rights.
import type { components } from '@/api/generated/openapi'
import type { Labels, Scope } from '@/api/types'

// Without characters that look alike when read out.
const ALPHABET = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

export function makePassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  // 55 letters: the slight bias of the remainder is far below what 16 letters need.
  const letters = Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length])
  return [0, 4, 8, 12].map((at) => letters.slice(at, at + 4).join('')).join('-')
}

export const SCOPES: readonly Scope[] = ['none', 'own', 'team', 'region', 'all']
export const ACTS = ['read', 'create', 'update', 'delete'] as const

export interface Permission {
  code: string
  label: Labels
}
export interface RightsRow {
  name: string
  acts: Partial<Record<(typeof ACTS)[number], Permission>>
  others: Permission[]
}

/** Permissions gathered by what they are about: account.read, account.create, … in one row. */
export function rightsTable(permissions: readonly Permission[]): RightsRow[] {
  const rows = new Map<string, RightsRow>()
  for (const permission of permissions) {
    const [name = '', act = ''] = permission.code.split('.')
    const row = rows.get(name) ?? { name, acts: {}, others: [] }
    rows.set(name, row)
    const known = ACTS.find((one) => one === act)
    if (known) row.acts[known] = permission
    else row.others.push(permission)
  }
  return [...rows.values()]
}

export type FieldAccess = components['schemas']['FieldAccess']
export type FieldAccesses = components['schemas']['FieldAccesses']
const ACCESSES: readonly FieldAccess[] = ['none', 'read', 'edit']

/** What the table says, else the shipped default. */
export function accessOf(
  all: { rights: FieldAccesses; defaults: FieldAccesses },
  role: string,
  entity: string,
  field: string,
): FieldAccess {
  return all.rights[role]?.[entity]?.[field] ?? all.defaults[role]?.[entity]?.[field] ?? 'edit'
}
export const optionsFrom = (least: FieldAccess): FieldAccess[] => ACCESSES.slice(ACCESSES.indexOf(least))

export interface Choice {
  value: string
  zh: string
  en: string
}
export function readOptions(text: string | null): Choice[] {
  try {
    const list: unknown = JSON.parse(text || '[]')
    if (!Array.isArray(list)) return []
    return list.map((one: Partial<Choice>) => ({ value: one.value ?? '', zh: one.zh ?? '', en: one.en ?? '' }))
  } catch {
    return []
  }
}
export const writeOptions = (rows: readonly Choice[]): string | null => (rows.length ? JSON.stringify(rows) : null)
/** The first of c1, c2, … that no choice has. */
export function freeCode(rows: readonly Choice[]): string {
  const taken = new Set(rows.map((row) => row.value))
  let n = rows.length + 1
  while (taken.has(`c${n}`)) n++
  return `c${n}`
}

/** What is asked of an added field of a type, in the order of its form. */
export function definitionFields(type: string): string[] {
  const has = (...types: string[]) => types.includes(type)
  return [
    'label_zh',
    'label_en',
    'entity',
    'type',
    'name',
    ...(has('enum', 'set') ? ['options'] : []),
    ...(type === 'ref' ? ['ref_entity'] : []),
    'required',
    ...(has('int', 'money', 'bp') ? ['min_value'] : []),
    ...(has('int', 'money', 'bp', 'text', 'longtext', 'url', 'email', 'phone') ? ['max_value'] : []),
    ...(has('ref', 'set') ? [] : ['dflt']),
    ...(has('text', 'longtext', 'email', 'phone', 'url') ? ['searchable'] : []),
    'in_list',
    'heading',
    'help_zh',
    'help_en',
    'roles',
  ]
}
