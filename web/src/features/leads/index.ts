import type { Feature } from '@/shared/feature'
import { label } from '@/shared/i18n'
import { useSession } from '@/shared/session'
import { Promotion } from '@/ui/icons'

export const leads: Feature = {
  routes: [],
  nav: [
    {
      key: 'leads',
      label: () => label(useSession().entity('lead')?.label_plural),
      icon: Promotion,
      to: '/leads',
      order: 20,
      visible: () => Boolean(useSession().entity('lead')) && useSession().can('lead.read'),
    },
  ],
}
