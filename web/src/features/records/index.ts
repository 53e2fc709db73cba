// Generic screens for any entity: list, drawer, page, form. An entity that the server describes
// needs nothing here; others add to their screens through registerView().
import { defineAsyncComponent } from 'vue'
import type { Feature } from '@/shared/feature'
import { noun } from '@/shared/i18n'
import { useSession } from '@/shared/session'
import { Plus } from '@/ui/icons'
import { go } from '@/shared/go'
import { t } from './messages'
import { mayCreate, registerView } from './registry'

export { hrefOf, mayCreate, registerView, viewOf, type EntityView, type RecordAction, type RecordTab } from './registry'
/** A list inside another record's page; loaded when shown. */
export const RelatedList = defineAsyncComponent(() => import('./components/RelatedList.vue'))

registerView('comment', { part: true })
registerView('attachment', { part: true })

const QUICK = ['lead', 'account', 'contact', 'opportunity', 'task', 'activity']

export const records: Feature = {
  // Last in the list of features: any other room's address wins.
  routes: [
    { path: '/:plural([a-z_]+)', name: 'list', component: () => import('./pages/ListPage.vue') },
    { path: '/:plural([a-z_]+)/new', name: 'create', component: () => import('./pages/CreatePage.vue') },
    { path: '/:plural([a-z_]+)/:id(\\d+)', name: 'record', component: () => import('./pages/RecordPage.vue') },
  ],
  commands: () =>
    QUICK.flatMap((name) => {
      const entity = useSession().entity(name)
      if (!entity) return []
      return [
        {
          key: `create-${name}`,
          label: () => t('records.new_page', { entity: noun(entity.label) }),
          icon: Plus,
          create: true,
          visible: () => mayCreate(entity),
          run: () => go(`/${entity.plural}/new`),
        },
      ]
    }),
}
