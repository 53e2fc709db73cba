// The shapes of the API under short names. They are taken from the generated description; only
// what it leaves open is said here: records of any entity, and live events.
import type { Id } from './client'
import type { components } from './generated/openapi'

type Schemas = components['schemas']

export type Labels = Schemas['Label']
export type Me = Schemas['Me']
export type Rights = Schemas['Roles']
export type Scope = Schemas['EntityMeta']['can']['read']
export type EntityAct = keyof Schemas['EntityMeta']['can']
export type FeedItem = Schemas['Feed']['items'][number]
export type Setting = Schemas['Settings']['items'][number]
export type RoleMeta = Schemas['Meta']['roles'][number]

/** `width` is ours: a feature may ask for a wider column. */
export type FieldMeta = Omit<Schemas['FieldMeta'], 'required' | 'readonly'> & {
  required?: boolean
  readonly?: boolean
  width?: number
}
export type FieldType = FieldMeta['type']

/** An entity as the client uses it: fields every record has are added, a title is sure. */
export type EntityMeta = Omit<Schemas['EntityMeta'], 'fields' | 'title_field' | 'can' | 'flags'> & {
  can: Partial<Schemas['EntityMeta']['can']>
  flags?: Schemas['EntityMeta']['flags']
  fields: FieldMeta[]
  title_field: string
}

export type Tone = 'neutral' | 'accent' | 'info' | 'success' | 'warning' | 'danger'

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

export interface LiveEvent {
  seq: number
  kind: string
  entity: string
  entity_id: Id
  [extra: string]: unknown
}
