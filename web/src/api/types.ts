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
  import_key?: boolean
  in_list?: boolean
  in_form?: boolean
  group?: string | null
  /** As text. */
  default?: string | null
  width?: number | null
}

export type EntityAct = 'read' | 'create' | 'update' | 'delete' | 'import' | 'export'

export interface EntityMeta {
  name: string
  plural: string
  label: Labels
  label_plural: Labels
  number_prefix?: string | null
  title_field: string
  fields: FieldMeta[]
  default_sort?: string | null
  flags?: Partial<Record<'comments' | 'files' | 'search' | 'no_create' | 'no_delete' | 'open_read', boolean>>
  /** Scope of each act: "none", "own", "team", "all". */
  can: Partial<Record<EntityAct, string>>
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
  /** Permission → scope; what is not granted is absent. */
  permissions: Record<string, string>
  csrf_token: string
  must_change_password?: boolean
  demo?: boolean
  features?: Record<string, boolean>
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

/** One fact of the event log: a line of a record's history or timeline. */
export interface FeedItem {
  seq: number
  at: string
  kind: string
  /** What happened, in the reader's language. */
  label: string
  actor: { id: Id; name: string } | null
  via?: string | null
  entity?: string | null
  entity_id?: Id | null
  /** The record it happened to. */
  title?: string | null
  payload?: Record<string, unknown> | null
  changes: FieldChange[]
}

export interface FieldChange {
  field: string
  label: string
  old: unknown
  new: unknown
  old_text: string | null
  new_text: string | null
}

export interface SearchHit {
  id: Id
  title: string
  subtitle?: string | null
  number?: string | null
  href?: string | null
}

export interface SearchResult {
  groups: { entity: string; label?: string; items: SearchHit[] }[]
}

export interface LiveEvent {
  seq: number
  kind: string
  entity: string
  entity_id: Id
  [extra: string]: unknown
}
