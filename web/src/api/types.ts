// Shapes of the generic answers: who I am, which entities exist, records and lists.
// What a single entity carries comes from its metadata, not from here.
import type { Id } from './client'

export interface Labels {
  zh: string
  en: string
}

export type FieldType =
  | 'text'
  | 'longtext'
  | 'int'
  | 'bp'
  | 'money'
  | 'bool'
  | 'date'
  | 'time'
  | 'enum'
  | 'ref'
  | 'email'
  | 'phone'
  | 'url'
  | 'set'

export type Tone = 'neutral' | 'accent' | 'info' | 'success' | 'warning' | 'danger'

export interface EnumValue {
  value: string
  label: Labels
  tone?: Tone | null
}

export interface FieldMeta {
  name: string
  type: FieldType
  label: Labels
  help?: Labels | null
  required?: boolean
  readonly?: boolean
  min?: number | null
  max?: number | null
  enum?: EnumValue[] | null
  ref?: string | null
  sortable?: boolean
  filterable?: boolean
  searchable?: boolean
  importable?: boolean
  in_list?: boolean
  in_form?: boolean
  group?: string | null
  default?: unknown
  width?: number | null
}

export interface EntityMeta {
  name: string
  plural: string
  label: Labels
  label_plural: Labels
  number_prefix?: string | null
  title_field: string
  fields: FieldMeta[]
  can: Partial<Record<'create' | 'update' | 'delete' | 'import' | 'export', boolean>>
}

export interface RoleMeta {
  code: string
  label: Labels
}

export interface Meta {
  entities: EntityMeta[]
  roles: RoleMeta[]
}

export interface Me {
  user: {
    id: Id
    login: string
    name: string
    lang: string
    zone: string
    theme?: string | null
    roles: string[]
    avatar_color?: string | null
  }
  permissions: Record<string, string | boolean>
  csrf_token: string
  features: Record<string, boolean>
}

/** A record of any entity. Expanded references sit beside their id: owner_id, owner. */
export interface Rec {
  id: Id
  version: number
  [field: string]: unknown
}

export interface RefValue {
  id: Id
  name?: string
  [field: string]: unknown
}

export interface Page<T = Rec> {
  items: T[]
  next: string | null
  total?: number
}

export interface HistoryEntry {
  at: string
  who: { id: Id; name: string } | null
  kind: string
  changes: { field: string; old: unknown; new: unknown }[]
}

/** One fact of the event log as the timeline shows it; `text` is in the reader's language. */
export interface TimelineEntry {
  seq: number
  at: string
  kind: string
  who: { id: Id; name: string } | null
  text?: string
  entity?: string
  entity_id?: Id
  payload?: Record<string, unknown>
}

export interface SearchHit {
  id: Id
  title: string
  subtitle?: string | null
  number?: string | null
  href?: string | null
}

export interface SearchResult {
  groups: { entity: string; items: SearchHit[] }[]
}

export interface LiveEvent {
  seq: number
  kind: string
  entity: string
  entity_id: Id
  [extra: string]: unknown
}
