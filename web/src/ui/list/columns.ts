// Columns of a table, made from an entity's fields.
import type { EntityMeta, FieldMeta } from '@/api/types'
import { label } from '@/shared/i18n'

export interface TableColumn {
  key: string
  label: string
  width: number
  align?: 'right' | undefined
  sortable?: boolean
  /** The cell that names the row and opens it. */
  title?: boolean
  field?: FieldMeta
}

const WIDTH: Partial<Record<FieldMeta['type'], number>> = {
  money: 140,
  int: 100,
  bp: 100,
  bool: 80,
  date: 120,
  time: 150,
  enum: 120,
  ref: 140,
  phone: 140,
  email: 190,
  longtext: 240,
}

export const isNumeric = (field: FieldMeta): boolean =>
  field.type === 'money' || field.type === 'int' || field.type === 'bp'

/** Codes are shown by their names: wide enough for the longest, within reason. */
function widthOfNames(field: FieldMeta): number {
  const pixels = (text: string) => Array.from(text).reduce((sum, one) => sum + (one > '\u2e80' ? 14 : 8), 26)
  return Math.min(220, Math.max(120, ...(field.enum ?? []).map((one) => pixels(label(one.label)))))
}

export const columnsOf = (entity: EntityMeta, fields: FieldMeta[]): TableColumn[] =>
  fields.map((field) => ({
    key: field.name,
    label: label(field.label),
    width:
      field.width ??
      (field.name === entity.title_field
        ? 240
        : field.name === 'number'
          ? 136
          : field.type === 'text' && field.enum
            ? widthOfNames(field)
            : (WIDTH[field.type] ?? 150)),
    align: isNumeric(field) ? 'right' : undefined,
    sortable: field.sortable ?? false,
    title: field.name === entity.title_field,
    field,
  }))
