import { describe, expect, it } from 'vitest'
import type { EntityMeta, FieldMeta } from '@/api/types'
import { buildMap, choiceFrom, guessColumns, guessWord, headerKey, isPlain, samplesOf, unfilled, unknownWords, type Look, type Preview } from './model'

const field = (name: string, type: FieldMeta['type'], more: Partial<FieldMeta> = {}): FieldMeta => ({
  name, type, label: { zh: name, en: name }, importable: true, ...more,
})
const entity: EntityMeta = {
  name: 'lead', plural: 'leads', label: { zh: '线索', en: 'Lead' }, label_plural: { zh: '线索', en: 'Leads' }, title_field: 'company_name', can: {},
  fields: [
    field('company_name', 'text', { required: true }),
    field('revenue_fen', 'money'),
    field('owner_id', 'ref', { ref: 'user' }),
    field('source', 'enum', { enum: [{ value: 'exhibition', label: { zh: '展会', en: 'Exhibition' } }] }),
    field('stage', 'text', { importable: false, required: true }),
  ],
}
const look = (): Look => ({
  format: 'csv', encoding: 'GB18030', separator: ',', sheets: [], sheet: null, title_row: 2,
  columns: [{ name: '公司', field: 'company_name' }, { name: '营收（万元）', field: 'revenue_fen' }, { name: '负责人', field: null }, { name: '来源', field: null }],
  map: {
    version: 1, entity: 'lead',
    records: [{ entity: 'lead', key: ['company_name'], fields: { company_name: '公司', revenue_fen: { column: '营收（万元）', scale: '10000' } } }],
  },
  sample: [{ number: 3, cells: ['甲', '12', '王', '展会'] }, { number: 4, cells: ['甲', '', '李', '官网'] }],
})
const refTitle = () => 'name'

describe('buildMap', () => {
  it('keeps what the server knew about a column, and adds refs and enum words', () => {
    const choice = { columns: ['company_name', 'revenue_fen', 'owner_id', 'source'], key: ['company_name'], words: { source: { 官网: 'exhibition', 空: '' } } }
    const [record] = buildMap(entity, look(), choice, refTitle).records
    expect(record?.fields).toEqual({
      company_name: '公司',
      revenue_fen: { column: '营收（万元）', scale: '10000' },
      owner_id: { column: '负责人', ref: { entity: 'user', by: 'name' } },
      source: { column: '来源', values: { 展会: 'exhibition', Exhibition: 'exhibition', 官网: 'exhibition' } },
    })
  })
  it('says how the file is read', () => {
    expect(buildMap(entity, look(), choiceFrom(look(), look().map), refTitle).file).toEqual({ encoding: 'gb18030', header_row: 2 })
  })
  it('forgets a suggestion made for another column', () => {
    const choice = { columns: ['company_name', '', 'revenue_fen', ''], key: [], words: {} }
    expect(buildMap(entity, look(), choice, refTitle).records[0]?.fields['revenue_fen']).toBe('负责人')
  })
  it('falls back to the title when the key is not among the columns', () => {
    const choice = { columns: ['company_name', '', '', ''], key: ['revenue_fen'], words: {} }
    expect(buildMap(entity, look(), choice, refTitle).records[0]?.key).toEqual(['company_name'])
  })
})

it('reads a suggestion back as a choice, each field once', () => {
  expect(choiceFrom(look(), look().map)).toEqual({ columns: ['company_name', 'revenue_fen', '', ''], key: ['company_name'], words: {} })
  const doubled = look()
  doubled.columns[2] = { name: '公 司', field: null }
  expect(choiceFrom(doubled, doubled.map).columns).toEqual(['company_name', 'revenue_fen', '', ''])
})

it('guesses only where there is no doubt', () => {
  const named = { ...entity, fields: [...entity.fields, field('city', 'text', { label: { zh: '所在城市', en: 'City' } }), field('old_city', 'text', { label: { zh: '原城市', en: 'Former city' } })] }
  const one = { ...named, fields: named.fields.slice(0, -1) }
  const cities = { ...look(), columns: [{ name: '公司', field: null }, { name: '城市', field: null }] }
  expect(guessColumns(one, cities, ['company_name', ''])).toEqual(['company_name', 'city'])
  expect(guessColumns(named, cities, ['company_name', ''])).toEqual(['company_name', ''])
  expect(guessWord(field('source', 'enum', { enum: [{ value: 'x', label: { zh: '行业展会', en: 'Exhibition' } }] }), '展会')).toBe('x')
  expect(guessWord(field('source', 'enum', { enum: [] }), '展会')).toBe('')
})

it('reads words back', () => {
  const map = buildMap(entity, look(), { columns: ['company_name', '', '', 'source'], key: [], words: { source: { 官网: 'exhibition' } } }, refTitle)
  expect(choiceFrom(look(), map).words['source']?.['官网']).toBe('exhibition')
})

it('tells a plain map from one that writes several records', () => {
  const map = look().map
  if (!map) throw new Error('no map')
  expect(isPlain(map)).toBe(true)
  expect(isPlain({ ...map, records: [...map.records, ...map.records] })).toBe(false)
  expect(isPlain({ ...map, records: [{ entity: 'lead', key: [], fields: { x: { const: 1 } } }] })).toBe(false)
})

it('names required fields without a column, but none that an import may not set', () => {
  expect(unfilled(entity, { columns: ['', ''], key: [], words: {} }).map((one) => one.name)).toEqual(['company_name'])
})

it('gathers the words an enum does not know', () => {
  const preview: Preview = {
    created: 0, updated: 0, skipped: 0, failed: 2, columns: [],
    rows: [
      { number: 3, state: 'error', cells: ['甲', '', '', '官网'], errors: [{ column: 3, field: 'source', code: 'not_in_list', message: '' }] },
      { number: 4, state: 'error', cells: ['乙', '', '', '官网 '], errors: [{ column: 3, field: 'source', code: 'not_in_list', message: '' }] },
      { number: 5, state: 'error', cells: ['', '', '', ''], errors: [{ column: 0, field: 'company_name', code: 'required', message: '' }] },
    ],
  }
  const found = unknownWords(entity, { columns: ['company_name', '', '', 'source'], key: [], words: {} }, preview)
  expect(found.map(({ field: f, words }) => [f.name, words])).toEqual([['source', ['官网']]])
})

it('shows distinct samples', () => {
  expect(samplesOf(look(), 0)).toEqual(['甲'])
  expect(samplesOf(look(), 3)).toEqual(['展会', '官网'])
  expect(headerKey(' 省 份Ａ')).toBe('省份a')
})
