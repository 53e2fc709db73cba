// Headings of the generated forms: an entity's fields gathered by their group, in field order.
import type { EntityMeta, FieldMeta } from '@/api/types'
import { i18n, t } from '@/shared/i18n'

export interface FieldGroup {
  key: string
  title: string
  fields: FieldMeta[]
}

export function groupTitle(key: string): string {
  const path = `group.${key}`
  // An added field may stand under a heading of the administrator's own words.
  return i18n.global.te(path) ? i18n.global.t(path) : key || t('form.other_group')
}

export function groupFields(entity: EntityMeta, take: (field: FieldMeta) => boolean): FieldGroup[] {
  const groups = new Map<string, FieldMeta[]>()
  for (const field of entity.fields) {
    const key = field.group || 'basic'
    const found = groups.get(key) ?? []
    if (take(field)) found.push(field)
    groups.set(key, found)
  }
  return [...groups]
    .filter(([, fields]) => fields.length)
    .map(([key, fields]) => ({ key, title: groupTitle(key), fields }))
}
