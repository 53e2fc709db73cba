import { describe, expect, it } from 'vitest'
import { parseMarkdown, spansOf } from './markdown'

describe('parseMarkdown', () => {
  it('tells headings, lists, tables, quotes and paragraphs apart', () => {
    const kinds = parseMarkdown('# 标题\n\n第一行\n第二行\n\n- 甲\n- 乙\n\n| 维度 | 分 |\n|---|---:|\n| 预算 | 8 |\n\n> 引用\n\n---\n').map((b) => b.kind)
    expect(kinds).toEqual(['heading', 'paragraph', 'list', 'table', 'quote', 'rule'])
  })
  it('keeps the lines of a paragraph', () => {
    const [block] = parseMarkdown('一\n二')
    expect(block?.kind === 'paragraph' && block.lines.length).toBe(2)
  })
  it('reads numbering, nesting and ticks', () => {
    const [block] = parseMarkdown('3. 甲\n  - [x] 已办\n4. 乙')
    if (block?.kind !== 'list') throw new Error('no list')
    expect([block.ordered, block.start]).toEqual([true, 3])
    expect(block.items.map(({ depth, done }) => [depth, done])).toEqual([[0, null], [1, true], [0, null]])
  })
  it('makes a table of rows and cells', () => {
    const [block] = parseMarkdown('a|b\n--|--\n1|2\n3|4')
    expect(block?.kind === 'table' && block.rows.length).toBe(2)
  })
  it('never loses text', () => {
    const text = '评分 **86**，见 [附件](https://example.com/a) 与 `x<y`；2*3*4 不是斜体'
    expect(spansOf(text).map((s) => s.text).join('')).toBe('评分 86，见 附件 与 x<y；2*3*4 不是斜体')
  })
  it('links only to web addresses', () => {
    expect(spansOf('[x](javascript:alert)').every((s) => s.kind === 'text')).toBe(true)
  })
})
