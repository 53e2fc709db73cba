// Ctrl-K: find any record, run any command; and the sheet of keyboard shortcuts.
import { defineAsyncComponent } from 'vue'

export const CommandPalette = defineAsyncComponent(() => import('./components/CommandPalette.vue'))
export const ShortcutSheet = defineAsyncComponent(() => import('./components/ShortcutSheet.vue'))
