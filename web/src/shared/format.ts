// Values of record fields as text: for table cells, history lines and chips.
import type { EntityMeta, FieldMeta, Rec, RefValue } from '@/api/types'
import { formatTime } from './dates'
import { label, lang, t } from './i18n'
import { formatMoney } from './money'
import { expansionOf } from './useList'

const isRef = (value: unknown): value is RefValue =>
  typeof value === 'object' && value !== null && 'id' in value

/** The expanded reference beside its id, when the server sent it. */
export function refOf(record: Rec, field: FieldMeta): RefValue | null {
  const value = record[expansionOf(field)]
  return isRef(value) ? value : null
}

export const refTitle = (value: RefValue | null): string => {
  const name = value?.name ?? value?.['title'] ?? value?.['company_name'] ?? value?.['number']
  return typeof name === 'string' ? name : value ? `#${value.id}` : ''
}

export function titleOf(entity: EntityMeta, record: Rec): string {
  const title = record[entity.title_field]
  return typeof title === 'string' && title ? title : `${label(entity.label)} #${record.id}`
}

export const numberOf = (record: Rec): string =>
  typeof record['number'] === 'string' ? record['number'] : ''

export function formatNumber(value: number): string {
  return new Intl.NumberFormat(lang()).format(value)
}

/** Basis points as a percentage: 1250 → 12.5 % */
export const formatPercent = (bp: number): string => `${bp / 100}%`

/** What a code of the record is called where the server tells it: stage and node of its playbook. */
function wordsOf(field: FieldMeta, record: Rec | undefined): string {
  const labels = record?.['labels']
  const words: unknown = typeof labels === 'object' && labels !== null ? Reflect.get(labels, field.name) : null
  return typeof words === 'string' ? words : ''
}

export function formatValue(field: FieldMeta, value: unknown, record?: Rec): string {
  if (value === null || value === undefined || value === '') return ''
  switch (field.type) {
    case 'money': {
      const currency = record?.['currency']
      return typeof value === 'number'
        ? formatMoney(value, typeof currency === 'string' ? currency : null)
        : ''
    }
    case 'bp':
      return typeof value === 'number' ? formatPercent(value) : ''
    case 'int':
      return typeof value === 'number' ? formatNumber(value) : String(value)
    case 'bool':
      return value ? t('common.yes') : t('common.no')
    case 'time':
      return typeof value === 'string' ? formatTime(value) : ''
    case 'enum':
      return label(field.enum?.find((e) => e.value === value)?.label) || String(value)
    case 'set':
      return (Array.isArray(value) ? value : [value])
        .map((one) => label(field.enum?.find((e) => e.value === one)?.label) || String(one))
        .join(lang() === 'zh-CN' ? '、' : ', ')
    case 'ref':
      return isRef(value) ? refTitle(value) : record ? refTitle(refOf(record, field)) : `#${value}`
    default:
      // Away from a record, as in a filter, today's names stand for a code.
      return (
        wordsOf(field, record) ||
        (record ? '' : label(field.enum?.find((e) => e.value === value)?.label)) ||
        String(value)
      )
  }
}
