// Tables from elsewhere become records.
import type { Feature } from '@/shared/feature'
import { go } from '@/shared/go'
import { t } from '@/shared/i18n'
import { useSession } from '@/shared/session'
import { Upload } from '@/ui/icons'

export const importer: Feature = {
  routes: [{ path: '/import/:entity?', name: 'import', component: () => import('./pages/ImportPage.vue') }],
  nav: [
    {
      key: 'import',
      label: () => t('nav.import'),
      icon: Upload,
      to: '/import',
      order: 85,
      section: 'admin',
      visible: () => useSession().can('import.run'),
    },
  ],
  commands: () => [
    { key: 'import', label: () => t('nav.import'), icon: Upload, words: 'daoru excel csv', visible: () => useSession().can('import.run'), run: () => go('/import') },
  ],
}
