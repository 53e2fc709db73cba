import { describe, expect, it } from 'vitest'
import { fenToText, formatMoney, parseMoney, shortMoney } from './money'

describe('money', () => {
  it.each([
    ['3,770,000', 377000000],
    ['￥120.5', 12050],
    ['377万', 377000000],
    ['1.2亿', 12000000000],
    ['１２３', 12300],
    ['0.29', 29],
    ['-5', -500],
    ['1.5m', 150000000],
    ['0.00001万', 10],
  ])('reads %s', (text, fen) => expect(parseMoney(text)).toBe(fen))
  it.each(['', '.', '1.234', 'abc', '1-2', '99999999999999999'])('refuses %j', (text) =>
    expect(parseMoney(text)).toBeNull(),
  )
  it('writes fen only when there are some', () => {
    expect(fenToText(377000000)).toBe('3,770,000')
    expect(fenToText(29)).toBe('0.29')
    expect(formatMoney(-123456, 'USD')).toBe('-$1,234.56')
  })
  it('shortens in the unit of the language', () => {
    expect(shortMoney(377000000, 'zh-CN')).toBe('¥377 万')
    expect(shortMoney(12500000000, 'zh-CN')).toBe('¥1.25 亿')
    expect(shortMoney(1000000, 'zh-CN')).toBe('¥1 万')
    expect(shortMoney(377000000, 'en-US')).toBe('¥3.77M')
    expect(shortMoney(5000, 'zh-CN')).toBe('¥50')
    expect(shortMoney(3437000000, 'zh-CN')).toBe('¥3,437 万')
    expect(shortMoney(1235000000000, 'zh-CN')).toBe('¥124 亿')
    expect(shortMoney(123500000, 'zh-CN')).toBe('¥124 万')
    expect(shortMoney(-105000000, 'en-US')).toBe('-¥1.05M')
  })
})
