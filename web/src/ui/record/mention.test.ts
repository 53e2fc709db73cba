import { describe, expect, it } from 'vitest'
import { insertMention, mentionAt, mentioned } from './mention'

describe('mentions', () => {
  it('knows when somebody is being named', () => {
    expect(mentionAt('请 @li', 5)).toEqual({ start: 3, words: 'li' })
    expect(mentionAt('@', 1)).toEqual({ start: 1, words: '' })
    expect(mentionAt('请@李', 3)).toBeNull()
    expect(mentionAt('mail a@b.cn', 11)).toBeNull()
    expect(mentionAt('@李明 看', 6)).toBeNull()
  })
  it('puts the name in the place of what was typed', () =>
    expect(insertMention('请 @li 看一下', 5, 3, '李明')).toEqual({ text: '请 @李明 看一下', caret: 6 }))
  it('does not take a short name for a long one', () => {
    const people = new Map([
      ['李明', 1],
      ['李明华', 2],
    ])
    expect(mentioned('@李明华 来', people)).toEqual([2])
    expect(mentioned('@李明 @李明华', people).sort()).toEqual([1, 2])
    expect(mentioned('李明', people)).toEqual([])
  })
})
