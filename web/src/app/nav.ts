// What the person may enter, in rail order, and what they may do from anywhere.
import { computed } from 'vue'
import { viewOf } from '@/features/records'
import type { Command, NavEntry } from '@/shared/feature'
import { label } from '@/shared/i18n'
import { useSession } from '@/shared/session'
import { List } from '@/ui/icons'
import { features } from './features'

const rooms = features.flatMap((feature) => feature.nav ?? [])
const addresses = new Set(rooms.map(({ to, under = to }) => under))

/** Kinds of record that no room claims: their lists are found under 更多. */
const more = computed<NavEntry[]>(() => {
  const session = useSession()
  return session.meta.entities
    .filter((entity) => session.may(entity, 'read') && !addresses.has(`/${entity.plural}`) && !viewOf(entity.name).part)
    .sort((a, b) => Number(session.may(b, 'create')) - Number(session.may(a, 'create')))
    .map((entity, index) => ({
      key: entity.plural,
      label: () => label(entity.label_plural),
      icon: List,
      to: `/${entity.plural}`,
      order: 800 + index / 100,
      section: 'more',
    }))
})

export const nav = computed(() =>
  [...rooms.filter((entry) => entry.visible?.() ?? true), ...more.value].sort((a, b) => a.order - b.order),
)

export const commands = computed<Command[]>(() =>
  features
    .flatMap((feature) => feature.commands?.() ?? [])
    .filter((command) => command.visible?.() ?? true),
)
