// What a feature adds to the generic screens of its entity: a head, tabs, actions, cells. An
// entity without an entry works all the same.
import type { Component } from 'vue'
import type { Id } from '@/api/client'
import type { EntityMeta, Rec } from '@/api/types'
import type { Condition } from '@/shared/filter'
import { useSession } from '@/shared/session'

export interface RecordAction {
  key: string
  label: () => string
  icon?: Component
  /** The one next step of this record, shown as the primary button. */
  primary?: (record: Rec) => boolean
  visible?: (record: Rec) => boolean
  /** Opens this component; it gets entity, record and emits `done` and `close`. */
  dialog?: () => Promise<Component>
  /** Or does its work at once. A refusal is shown above the record. */
  run?: (entity: EntityMeta, record: Rec) => Promise<void>
}

export interface RecordTab {
  key: string
  label: () => string
  /** Gets entity and record. */
  component: () => Promise<Component>
  visible?: (record: Rec) => boolean
}

/** A list inside the page of another record, such as the contacts of an account. */
export interface RelatedList {
  entity: string
  by: string
}

export interface EntityView {
  /** 'page': rows open the full page at once; default: the drawer beside the list. */
  open?: 'drawer' | 'page'
  /** A row under the title: the few facts that say where this record stands. */
  headFields?: readonly string[]
  /** Gets entity and record; shown under the head. */
  banner?: () => Promise<Component>
  /** Height in pixels that is kept for the banner while it loads. */
  bannerHeight?: (record: Rec) => number
  actions?: readonly RecordAction[]
  tabs?: readonly RecordTab[]
  related?: readonly RelatedList[]
  /** Address of the record when it is not /plural/id. */
  href?: (id: Id) => string
  /** Quick tabs over the list. */
  presets?: readonly { key: string; label: () => string; conditions: Condition[] }[]
  /** Other views of the list, beside its title. */
  switcher?: () => Promise<Component>
  /** Read on the page of the record it belongs to: no entry in the navigation. */
  part?: boolean
  /** New records are made elsewhere. */
  noCreate?: boolean
}

const views = new Map<string, EntityView>()
/** Several rooms may add to the screens of one entity. */
export const registerView = (entity: string, view: EntityView): void =>
  void views.set(entity, { ...views.get(entity), ...view })
export const viewOf = (entity: string): EntityView => views.get(entity) ?? {}
export const hrefOf = (entity: EntityMeta, id: Id): string =>
  viewOf(entity.name).href?.(id) ?? `/${entity.plural}/${id}`

export const mayCreate = (entity: EntityMeta): boolean =>
  useSession().may(entity, 'create') && !viewOf(entity.name).noCreate
