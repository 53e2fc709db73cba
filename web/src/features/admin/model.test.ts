import { describe, expect, it } from 'vitest'
import { accessOf, makePassword, optionsFrom, rightsTable } from './model'

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
  it('makes passwords that differ', () => {
    expect(makePassword()).toMatch(/^(\w{4}-){3}\w{4}$/)
    expect(makePassword()).not.toBe(makePassword())
  })
})
