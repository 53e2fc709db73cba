import { describe, expect, it } from 'vitest'
import { faultsOf, mayConvert, startForm, toBody } from './model'

const lead = { id: 7, version: 1, company_name: '三一重工', contact_name: '王工', phone: '13900000000', status: 'new' }

describe('lead conversion', () => {
  it('starts from what the lead knows', () => {
    const form = startForm(lead)
    expect(faultsOf(form)).toEqual([])
    expect(toBody(form)).toEqual({
      account: { name: '三一重工' },
      contacts: [{ name: '王工', title: null, mobile: '13900000000' }],
      opportunity: { name: '三一重工', amount_fen: null },
    })
  })
  it('goes into existing records without retyping', () => {
    const form = { ...startForm(lead), account: 'existing' as const, accountId: 3, opportunity: 'existing' as const, opportunityId: 9, withContact: false }
    expect(toBody(form)).toEqual({ account_id: 3, contacts: [], opportunity_id: 9 })
  })
  it('names what is missing', () => {
    const form = { ...startForm(lead), account: 'existing' as const, opportunityName: ' ' }
    expect(faultsOf(form)).toEqual(['accountId', 'opportunityName'])
  })
  it('is offered once', () => {
    expect(mayConvert(lead)).toBe(true)
    expect(mayConvert({ ...lead, status: 'converted' })).toBe(false)
    expect(mayConvert({ ...lead, account_id: 4 })).toBe(false)
  })
})
