import { expect, it } from 'vitest'
import { grouped, isOf, missingPhrase, targetOf, type WorkItem } from './model'

const item = (more: Partial<WorkItem>): WorkItem => ({
  kind: 'node', id: 1, title: '', account: null, opportunity: null, verb: 'hand_in', due_group: 'later', href: '/opportunities/1?node=1.1', ...more,
})
const words = { and: '、', more: (all: number) => `等 ${all} 项` }

it('groups by urgency and leaves empty groups out', () => {
  const groups = grouped([
    item({ id: 1, due_group: 'later' }),
    item({ id: 2, due_group: 'overdue', due_at: '2026-03-02T00:00:00Z' }),
    item({ id: 3, due_group: 'overdue', due_at: '2026-03-01T00:00:00Z' }),
  ])
  expect(groups.map((one) => [one.group, one.items.map((i) => i.id)])).toEqual([
    ['overdue', [3, 2]],
    ['later', [1]],
  ])
})

it('puts what others wait for first at the same moment', () => {
  const [group] = grouped([item({ id: 1, due_group: 'today' }), item({ id: 2, kind: 'review', due_group: 'today' })])
  expect(group?.items.map((one) => one.id)).toEqual([2, 1])
})

it('says what is missing in one phrase', () => {
  const missing = ['评分表', '结论', '附件', '纪要'].map((label) => ({ label, reason: null, href: '' }))
  expect(missingPhrase(item({ missing: [] }), words)).toBe('')
  expect(missingPhrase(item({ missing: missing.slice(0, 2) }), words)).toBe('评分表、结论')
  expect(missingPhrase(item({ missing }), words)).toBe('评分表、结论等 4 项')
})

it('leads to the first missing thing', () => {
  expect(targetOf(item({ missing: [{ label: 'x', reason: null, href: '/there' }] }))).toBe('/there')
  expect(targetOf(item({}))).toBe('/opportunities/1?node=1.1')
})

it('counts reviews and exceptions together', () => {
  expect(isOf(item({ kind: 'exception' }), 'reviews')).toBe(true)
  expect(isOf(item({ kind: 'node' }), 'reviews')).toBe(false)
})
