import { describe, expect, it } from 'vitest'
import { accessOf, definitionFields, freeCode, makePassword, optionsFrom, readOptions, rightsTable, writeOptions } from './model'

const label = { zh: '甲', en: 'A' }

describe('administration', () => {
  it('gathers permissions by what they are about', () => {
    const rows = rightsTable([
      { code: 'account.read', label },
      { code: 'account.merge', label },
      { code: 'account.update', label },
      { code: 'audit.verify', label },
    ])
    expect(rows.map((row) => row.name)).toEqual(['account', 'audit'])
    expect(Object.keys(rows[0]?.acts ?? {})).toEqual(['read', 'update'])
    expect(rows[0]?.others.map((one) => one.code)).toEqual(['account.merge'])
  })
  it('shows what the table says of a field, else the shipped default', () => {
    const all = {
      rights: { sales: { lead: { phone: 'read' as const } } },
      defaults: { sales: { product: { cost_fen: 'none' as const } } },
    }
    expect(accessOf(all, 'sales', 'lead', 'phone')).toBe('read')
    expect(accessOf(all, 'sales', 'product', 'cost_fen')).toBe('none')
    expect(accessOf(all, 'csm', 'lead', 'phone')).toBe('edit')
    expect(optionsFrom('read')).toEqual(['read', 'edit'])
  })
  it('keeps choices as text and gives new ones a code of their own', () => {
    const rows = [{ value: 'c2', zh: '甲', en: 'A' }]
    expect(readOptions(writeOptions(rows))).toEqual(rows)
    expect(readOptions('{"no":1}')).toEqual([])
    expect(readOptions('not json')).toEqual([])
    expect(freeCode(rows)).toBe('c3')
    expect(writeOptions([])).toBeNull()
  })
  it('asks of a field what its type needs', () => {
    expect(definitionFields('enum')).toContain('options')
    expect(definitionFields('int')).toContain('min_value')
    expect(definitionFields('bool')).not.toContain('max_value')
    expect(definitionFields('ref')).toContain('ref_entity')
  })
  it('makes passwords that differ', () => {
    expect(makePassword()).toMatch(/^(\w{4}-){3}\w{4}$/)
    expect(makePassword()).not.toBe(makePassword())
  })
})
