// What a feature offers to the app: its routes, its places in the navigation, its commands.
import type { Component, ComputedRef, InjectionKey } from 'vue'
import type { RouteRecordRaw } from 'vue-router'

export type Section = 'main' | 'more' | 'admin'

export interface NavEntry {
  key: string
  label: () => string
  icon: Component
  to: string
  /** The entry is marked at every address below this; default: below `to`. */
  under?: string
  /** Rail order; gaps of ten leave room. */
  order: number
  /** Shown when this holds: the server grants it and the room exists. */
  visible?: () => boolean
  /** Also in the phone's bottom bar (at most four). */
  phone?: boolean
  /** Entries of one section stand together; 'more' is folded away, 'admin' comes last. */
  section?: Section
}

export interface Command {
  key: string
  label: () => string
  icon?: Component
  /** Extra words the palette finds it by (pinyin initials, synonyms). */
  words?: string
  run: () => unknown
  visible?: () => boolean
  /** Also offered under ＋. */
  create?: boolean
}

export interface Feature {
  routes: RouteRecordRaw[]
  nav?: NavEntry[]
  commands?: () => Command[]
}

/** The rooms open to the person, for pages that list them (the phone has no rail). */
export const navKey: InjectionKey<ComputedRef<NavEntry[]>> = Symbol('nav')
