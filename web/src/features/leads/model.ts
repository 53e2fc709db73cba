// Conversion of a lead: what the form holds and what the server is sent. Pure.
import type { Id } from '@/api/client'
import type { Rec } from '@/api/types'

export const mayConvert = (lead: Rec): boolean =>
  lead['status'] !== 'converted' && lead['status'] !== 'rejected' && !lead['account_id']

export interface ConvertForm {
  account: 'new' | 'existing'
  accountName: string
  accountId: Id | null
  withContact: boolean
  contact: { name: string; title: string; mobile: string }
  opportunity: 'new' | 'existing' | 'none'
  opportunityName: string
  amountFen: number | null
  opportunityId: Id | null
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

export function startForm(lead: Rec): ConvertForm {
  return {
    account: 'new',
    accountName: text(lead['company_name']),
    accountId: null,
    withContact: Boolean(text(lead['contact_name'])),
    contact: {
      name: text(lead['contact_name']),
      title: text(lead['title']),
      mobile: text(lead['phone']),
    },
    opportunity: 'new',
    opportunityName: text(lead['company_name']),
    amountFen: typeof lead['budget_fen'] === 'number' ? lead['budget_fen'] : null,
    opportunityId: null,
  }
}

export type ConvertFault = 'accountName' | 'accountId' | 'contactName' | 'opportunityName' | 'opportunityId'

export function faultsOf(form: ConvertForm): ConvertFault[] {
  const faults: ConvertFault[] = []
  if (form.account === 'new' && !form.accountName.trim()) faults.push('accountName')
  if (form.account === 'existing' && form.accountId === null) faults.push('accountId')
  if (form.withContact && !form.contact.name.trim()) faults.push('contactName')
  if (form.opportunity === 'new' && !form.opportunityName.trim()) faults.push('opportunityName')
  if (form.opportunity === 'existing' && form.opportunityId === null) faults.push('opportunityId')
  return faults
}

export function toBody(form: ConvertForm): Record<string, unknown> {
  const { name, title, mobile } = form.contact
  return {
    ...(form.account === 'existing'
      ? { account_id: form.accountId }
      : { account: { name: form.accountName.trim() } }),
    contacts: form.withContact
      ? [{ name: name.trim(), title: title.trim() || null, mobile: mobile.trim() || null }]
      : [],
    ...(form.opportunity === 'existing'
      ? { opportunity_id: form.opportunityId }
      : {
          opportunity:
            form.opportunity === 'none'
              ? null
              : { name: form.opportunityName.trim(), amount_fen: form.amountFen },
        }),
  }
}
