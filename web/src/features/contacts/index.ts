import type { Feature } from '@/shared/feature'
import { label } from '@/shared/i18n'
import { useSession } from '@/shared/session'
import { User } from '@/ui/icons'

export const contacts: Feature = {
  routes: [],
  nav: [
    {
      key: 'contacts',
      label: () => label(useSession().entity('contact')?.label_plural),
      icon: User,
      to: '/contacts',
      order: 40,
      visible: () => Boolean(useSession().entity('contact')) && useSession().can('contact.read'),
    },
  ],
}
