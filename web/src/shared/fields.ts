// What every record has besides the fields of its entity: number and times. The server's
// metadata leaves them out; lists, filters and facts treat them like any field.
import type { components } from '@/api/generated/openapi'
import type { EntityMeta, FieldMeta } from '@/api/types'

const readonly = { readonly: true, in_form: false, importable: false, sortable: true, filterable: true }

const NUMBER: FieldMeta = {
  ...readonly,
  name: 'number',
  type: 'text',
  label: { zh: '编号', en: 'Number' },
  in_list: true,
}
const TIMES: FieldMeta[] = [
  { ...readonly, name: 'created_at', type: 'time', label: { zh: '创建时间', en: 'Created' } },
  { ...readonly, name: 'updated_at', type: 'time', label: { zh: '更新时间', en: 'Updated' } },
]
/** Shown beside the record, not among its facts. */
export const SYSTEM_FIELDS = ['number', 'created_at', 'updated_at']

export function withSystemFields(entity: components['schemas']['EntityMeta']): EntityMeta {
  const own = new Set(entity.fields.map((field) => field.name))
  const has = (field: FieldMeta) => !own.has(field.name)
  return {
    ...entity,
    title_field: entity.title_field ?? 'id',
    fields: [
      ...(entity.number_prefix ? [NUMBER] : []).filter(has),
      ...entity.fields,
      ...TIMES.filter(has),
    ],
  }
}

/** A default as the metadata gives it (text) in the shape the field's value has. */
export function defaultOf(field: FieldMeta): unknown {
  const text = field.default
  if (text === null || text === undefined) return null
  switch (field.type) {
    case 'bool':
      return text === '1' || text === 'true'
    case 'int':
    case 'money':
    case 'bp':
      return Number(text)
    case 'set':
      return text.split(',').filter(Boolean)
    default:
      return text
  }
}
