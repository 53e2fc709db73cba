// Saved views: the tabs over lists and boards.
import { defineAsyncComponent } from 'vue'

export type { Layout, SavedView, ViewState } from './model'
export { openDefault } from './useViews'
export const ViewTabs = defineAsyncComponent(() => import('./components/ViewTabs.vue'))
