// Words for the operators; dates are "not before" where numbers are "at least".
import type { FieldMeta } from '@/api/types'
import type { Condition, Op } from '@/shared/filter'
import type { CommonKey, Translate } from '@/shared/i18n'

export function opKey(op: Op, value: unknown, field: FieldMeta | undefined): CommonKey {
  if (op === 'is_null') return value === false ? 'op.not_null' : 'op.is_null'
  const civil = field?.type === 'date' || field?.type === 'time'
  if (civil && op === 'ge') return 'op.date_ge'
  if (civil && op === 'le') return 'op.date_le'
  if (op === 'eq' && (field?.type === 'ref' || field?.type === 'enum' || field?.type === 'bool')) return 'op.in'
  return `op.${op}`
}

export const opLabel = (
  { op, value }: Pick<Condition, 'op' | 'value'>,
  field: FieldMeta | undefined,
  t: Translate<CommonKey>,
): string => t(opKey(op, value, field))
