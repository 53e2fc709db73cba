// The recycle bin.
import type { Feature } from '@/shared/feature'
import { useSession } from '@/shared/session'
import { Delete } from '@/ui/icons'
import { t } from './messages'

export const trash: Feature = {
  routes: [{ path: '/trash', name: 'trash', component: () => import('./pages/TrashPage.vue') }],
  nav: [
    {
      key: 'trash',
      label: () => t('trash.title'),
      icon: Delete,
      to: '/trash',
      order: 950,
      section: 'admin',
      visible: () => useSession().meta.entities.some((entity) => useSession().may(entity, 'delete')),
    },
  ],
}
