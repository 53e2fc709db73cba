// The import wizard's own questions: from the columns of a file and what a person chose for each
// to a map as docs/import-maps.md has it, and back.
import type { Id } from '@/api/client'
import type { EntityMeta, FieldMeta } from '@/api/types'

export interface Look {
  format: 'csv' | 'xlsx'
  encoding: string | null
  separator: string | null
  sheets: string[]
  sheet: string | null
  title_row: number
  columns: { name: string; field: string | null }[]
  map: ImportMap | null
  sample: { number: number; cells: string[] }[]
}

export type MapValue = string | { column?: string; [step: string]: unknown }

export interface MapRecord {
  entity: string
  key: string[]
  main?: boolean
  fields: Record<string, MapValue>
  [more: string]: unknown
}

export interface ImportMap {
  version: number
  entity: string
  about?: string
  file?: Record<string, unknown>
  records: MapRecord[]
  [more: string]: unknown
}

export interface RowError {
  column: number | null
  field: string | null
  code: string
  message: string
}

export interface Preview {
  created: number
  updated: number
  skipped: number
  failed: number
  columns: string[]
  rows: { number: number; state: 'create' | 'update' | 'skip' | 'error'; cells: string[]; errors: RowError[] }[]
}

export type RunState = 'uploaded' | 'checking' | 'checked' | 'running' | 'done' | 'failed' | 'cancelled'

export interface Run {
  id: Id
  entity: string
  file_name: string
  state: RunState
  rows: number
  created: number
  updated: number
  skipped: number
  failed: number
  progress: number
  written: boolean
  dry_run: boolean
  errors: { row: number; field: string | null; code: string; message: string }[]
  also: Record<string, { created: number; updated: number; unchanged: number }>
  problem: { code: string; message: string } | null
  map: ImportMap | null
  options: { duplicates?: 'update' | 'skip' | 'create'; partial?: boolean } | null
  has_errors_file: boolean
  created_at: string
  finished_at: string | null
}

export const isBusy = (run: Pick<Run, 'state'> | undefined): boolean => run?.state === 'checking' || run?.state === 'running'

/** What a person chose: field by column ('' = left out), and words of the file for enum values. */
export interface Choice {
  columns: string[]
  key: string[]
  words: Record<string, Record<string, string>>
}

/** Headers are compared without blanks, in lower case and narrow, as the server does. */
export const headerKey = (header: string): string => header.normalize('NFKC').replace(/\s+/g, '').toLowerCase()

/** The record's own number, or its id where records have none: a row that holds one is about that record. */
function recordKey(entity: EntityMeta): FieldMeta[] {
  const like = entity.fields.find((field) => field.name === entity.title_field)
  const numbered = Boolean(entity.number_prefix)
  const label = numbered ? { zh: '编号', en: 'Number' } : { zh: '记录号', en: 'Record' }
  return like ? [{ ...like, name: numbered ? 'number' : 'id', label, type: 'text', required: false, import_key: true }] : []
}

export const importable = (entity: EntityMeta): FieldMeta[] => [...entity.fields.filter((field) => field.importable), ...recordKey(entity)]

/**
 * The only one of some choices whose label ends with the words (来源 → 线索来源), else the only one
 * that holds them or is held by them; no guess when there is a doubt.
 */
function onlyAlike<T extends { label: { zh: string; en: string } }>(choices: readonly T[], words: string): T | null {
  const key = headerKey(words)
  if (key.length < 2) return null
  const by = (fits: (label: string) => boolean) =>
    choices.filter(({ label }) => [label.zh, label.en].some((one) => one.length > 1 && fits(headerKey(one))))
  const ends = by((label) => label.endsWith(key))
  const found = ends.length ? ends : by((label) => label.includes(key) || key.includes(label))
  return found.length === 1 ? (found[0] ?? null) : null
}

/** Fields for the columns that no map speaks of, where there is no doubt. */
export function guessColumns(entity: EntityMeta, look: Look, columns: readonly string[]): string[] {
  const taken = new Set(columns.filter(Boolean))
  return columns.map((chosen, index) => {
    if (chosen) return chosen
    const guess = onlyAlike(entity.fields.filter((field) => field.importable && !taken.has(field.name)), look.columns[index]?.name ?? '')
    if (guess) taken.add(guess.name)
    return guess?.name ?? ''
  })
}

/** What a word of the file most likely means among the values of a field. */
export const guessWord = (field: FieldMeta, word: string): string => onlyAlike(field.enum ?? [], word)?.value ?? ''

const columnOf = (value: MapValue): string | null => (typeof value === 'string' ? value : (value.column ?? null))

/** Whether the wizard can show a map as columns: one record, every value from one column. */
export const isPlain = (map: ImportMap): boolean =>
  map.records.length === 1 && Object.values(map.records[0]?.fields ?? {}).every((value) => columnOf(value) !== null)

export function choiceFrom(look: Look, map: ImportMap | null): Choice {
  const record = map && isPlain(map) ? map.records[0] : undefined
  const byHeader = new Map(
    Object.entries(record?.fields ?? {}).map(([field, value]) => [headerKey(columnOf(value) ?? ''), field] as const),
  )
  const seen = new Set<string>()
  return {
    columns: look.columns.map(({ name, field }) => {
      const found = record ? (byHeader.get(headerKey(name)) ?? '') : (field ?? '')
      if (!found || seen.has(found)) return ''
      seen.add(found)
      return found
    }),
    key: record?.key ?? [],
    words: Object.fromEntries(
      Object.entries(record?.fields ?? {}).flatMap(([field, value]) =>
        typeof value === 'object' && isWords(value['values']) ? [[field, value['values']]] : [],
      ),
    ),
  }
}

const isWords = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string')


/** One's own words for an enum are translated; labels in both languages are understood already. */
function wordsOf(field: FieldMeta, own: Record<string, string>): Record<string, string> {
  const known = (field.enum ?? []).flatMap(({ value, label }) => [
    [label.zh, value],
    [label.en, value],
  ])
  return { ...Object.fromEntries(known), ...Object.fromEntries(Object.entries(own).filter(([, value]) => value)) }
}

function valueFor(field: FieldMeta, header: string, choice: Choice, refTitle: (entity: string) => string, suggested: MapValue | undefined): MapValue {
  // What the server suggested for this very column knows more, such as a unit in the header.
  const kept = suggested !== undefined && headerKey(columnOf(suggested) ?? '') === headerKey(header) ? suggested : undefined
  if (field.type === 'enum') return { column: header, values: wordsOf(field, choice.words[field.name] ?? {}) }
  if (kept !== undefined) return kept
  if (field.type === 'ref' && field.ref) return { column: header, ref: { entity: field.ref, by: refTitle(field.ref) } }
  return header
}

export function buildMap(entity: EntityMeta, look: Look, choice: Choice, refTitle: (entity: string) => string): ImportMap {
  const fields: Record<string, MapValue> = {}
  look.columns.forEach(({ name }, index) => {
    const field = [...entity.fields, ...recordKey(entity)].find((one) => one.name === choice.columns[index])
    if (field && !(field.name in fields))
      fields[field.name] = valueFor(field, name, choice, refTitle, look.map?.records[0]?.fields[field.name])
  })
  const own = recordKey(entity).map((field) => field.name)
  const key = own.some((name) => name in fields) ? own : choice.key.filter((name) => name in fields && !own.includes(name))
  return {
    version: 1,
    entity: entity.name,
    file: {
      ...(look.format === 'csv' && look.encoding ? { encoding: look.encoding.toLowerCase() } : {}),
      ...(look.sheet ? { sheet: look.sheet } : {}),
      header_row: look.title_row,
    },
    records: [{ entity: entity.name, key: key.length ? key : [entity.title_field], fields }],
  }
}

/** Required fields that no column fills. */
export const unfilled = (entity: EntityMeta, choice: Choice): FieldMeta[] =>
  importable(entity).filter((field) => field.required && field.default == null && !choice.columns.includes(field.name))

/** Words of the file that an enum column does not know, by field, from the rows tried. */
export function unknownWords(entity: EntityMeta, choice: Choice, preview: Preview): { field: FieldMeta; words: string[] }[] {
  const found = new Map<string, Set<string>>()
  for (const row of preview.rows)
    for (const { column, code } of row.errors) {
      if (column === null || code !== 'not_in_list') continue
      const name = choice.columns[column]
      const word = row.cells[column]?.trim()
      if (!name || !word) continue
      found.set(name, (found.get(name) ?? new Set()).add(word))
    }
  return [...found].flatMap(([name, words]) => {
    const field = entity.fields.find((one) => one.name === name)
    return field?.type === 'enum' ? [{ field, words: [...words] }] : []
  })
}

/** A few distinct values of a column, for recognising it. */
export function samplesOf(look: Look, index: number, count = 3): string[] {
  const found: string[] = []
  for (const { cells } of look.sample) {
    const text = cells[index]?.trim()
    if (text && !found.includes(text)) found.push(text)
    if (found.length === count) break
  }
  return found
}
