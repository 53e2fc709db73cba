// Settings as the page shows them: what belongs together, how a value is put in, its bounds in words.
import type { FieldMeta, FieldType, Setting } from '@/api/types'
import { formatValue } from '@/shared/format'
import { t } from './messages'

/** session.idle_hours and session.max_days stand together. */
export function groupSettings(settings: readonly Setting[]): { name: string; items: Setting[] }[] {
  const groups = new Map<string, Setting[]>()
  for (const setting of settings) {
    const name = setting.name.split('.')[0] ?? ''
    groups.set(name, [...(groups.get(name) ?? []), setting])
  }
  return [...groups].map(([name, items]) => ({ name, items }))
}

const TYPES: readonly FieldType[] = ['int', 'bool', 'money', 'bp', 'enum', 'set', 'date', 'longtext', 'email', 'url', 'phone']
export const fieldOf = (setting: Setting): FieldMeta => ({
  name: setting.name,
  type: TYPES.find((type) => type === setting.type) ?? 'text',
  label: setting.label,
  max: setting.max ?? null,
  enum: setting.enum?.map((one) => ({ ...one, tone: one.tone ?? 'neutral' })) ?? null,
})

const UNITS = ['hours', 'days', 'minutes', 'seconds', 'characters', 'percent'] as const
export function unitOf({ unit }: Setting): string {
  const known = UNITS.find((one) => one === unit)
  return known ? t(`admin.unit_${known}`) : (unit ?? '')
}

/** "1 至 720，默认 12" */
export function boundsOf(setting: Setting): string {
  const field = fieldOf(setting)
  const say = (value: unknown) =>
    value === null || value === undefined ? t('admin.setting_unset') : formatValue(field, value)
  const { min, max } = setting
  if (max === null || max === undefined) return t('admin.setting_default', { value: say(setting.default) })
  return ['int', 'money', 'bp'].includes(field.type)
    ? t('admin.setting_bounds', { min: say(min), max: say(max), value: say(setting.default) })
    : t('admin.setting_longest', { max })
}
