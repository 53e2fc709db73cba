// What the person may enter, in rail order, and what they may do from anywhere.
import { computed } from 'vue'
import type { Command } from '@/shared/feature'
import { features } from './features'

export const nav = computed(() =>
  features
    .flatMap((feature) => feature.nav ?? [])
    .filter((entry) => entry.visible?.() ?? true)
    .sort((a, b) => a.order - b.order),
)

export const commands = computed<Command[]>(() =>
  features
    .flatMap((feature) => feature.commands?.() ?? [])
    .filter((command) => command.visible?.() ?? true),
)
