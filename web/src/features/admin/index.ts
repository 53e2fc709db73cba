// Administration: users with their passwords, teams, roles and what they may do, settings.
import { registerView } from '@/features/records'
import type { Feature } from '@/shared/feature'
import { useSession } from '@/shared/session'
import { updateRecord } from '@/shared/useRecord'
import { toast } from '@/ui'
import { CircleCheck, CircleClose, Connection, Flag, Grid, Key, Lock, Setting, UserFilled, View } from '@/ui/icons'
import { t } from './messages'

const mayEdit = () => useSession().can('user.update')

registerView('user', {
  headFields: ['roles', 'team_id', 'active', 'last_login_at'],
  actions: [
    {
      key: 'password',
      label: () => t('admin.password_reset'),
      icon: Key,
      visible: mayEdit,
      dialog: () => import('./components/PasswordDialog.vue').then((module) => module.default),
    },
    {
      key: 'regions',
      label: () => t('admin.regions'),
      icon: Flag,
      visible: mayEdit,
      dialog: () => import('./components/RegionsDialog.vue').then((module) => module.default),
    },
    {
      key: 'disable',
      label: () => t('admin.disable'),
      icon: CircleClose,
      visible: (user) => mayEdit() && user['active'] === true && user.id !== useSession().user?.id,
      run: async (entity, user) => {
        await updateRecord(entity, user, { active: false })
        toast(t('admin.disabled', { name: String(user['name']) }))
      },
    },
    {
      key: 'enable',
      label: () => t('admin.enable'),
      icon: CircleCheck,
      visible: (user) => mayEdit() && user['active'] === false,
      run: async (entity, user) => {
        await updateRecord(entity, user, { active: true })
        toast(t('admin.enabled', { name: String(user['name']) }))
      },
    },
  ],
  presets: [
    { key: 'active', label: () => t('admin.active'), conditions: [{ field: 'active', op: 'eq', value: true }] },
    { key: 'inactive', label: () => t('admin.inactive'), conditions: [{ field: 'active', op: 'eq', value: false }] },
  ],
})
registerView('team', { related: [{ entity: 'user', by: 'team_id' }] })

export const admin: Feature = {
  routes: [
    { path: '/users/new', name: 'user-new', component: () => import('./pages/UserCreatePage.vue') },
    { path: '/custom-fields', name: 'custom-fields', component: () => import('./pages/CustomFieldsPage.vue') },
    { path: '/field-rights', name: 'field-rights', component: () => import('./pages/FieldRightsPage.vue') },
    { path: '/roles', name: 'roles', component: () => import('./pages/RolesPage.vue') },
    { path: '/settings', name: 'settings', component: () => import('./pages/SettingsPage.vue') },
  ],
  nav: [
    {
      key: 'users',
      label: () => t('admin.users'),
      icon: UserFilled,
      to: '/users',
      order: 900,
      section: 'admin',
      visible: mayEdit,
    },
    {
      key: 'teams',
      label: () => t('admin.teams'),
      icon: Connection,
      to: '/teams',
      order: 905,
      section: 'admin',
      visible: () => useSession().can('team.update'),
    },
    {
      key: 'roles',
      label: () => t('admin.roles'),
      icon: Lock,
      to: '/roles',
      order: 910,
      section: 'admin',
      visible: () => useSession().can('role.read'),
    },
    {
      key: 'field-rights',
      label: () => t('admin.field_rights'),
      icon: View,
      to: '/field-rights',
      order: 912,
      section: 'admin',
      visible: () => useSession().can('role.read'),
    },
    {
      key: 'custom-fields',
      label: () => t('admin.custom_fields'),
      icon: Grid,
      to: '/custom-fields',
      order: 914,
      section: 'admin',
      visible: () => useSession().can('custom_field.read'),
    },
    {
      key: 'settings',
      label: () => t('admin.settings'),
      icon: Setting,
      to: '/settings',
      order: 915,
      section: 'admin',
      visible: () => useSession().can('setting.read'),
    },
  ],
}
