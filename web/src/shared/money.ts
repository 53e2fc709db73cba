// Money is integer fen. Text in, fen out, without a float in between.
import type { Lang } from './i18n'

const SIGNS: Record<string, string> = { CNY: '¥', USD: '$', EUR: '€', GBP: '£', JPY: 'JP¥', HKD: 'HK$' }

export const currencySign = (currency: string | null | undefined): string =>
  SIGNS[currency || 'CNY'] ?? `${currency} `

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** 377000000 → "3,770,000" or "3,770,000.50": fen only when there are some. */
export function fenToText(fen: number): string {
  const negative = fen < 0
  const digits = String(Math.abs(fen)).padStart(3, '0')
  const yuan = grouped(digits.slice(0, -2))
  const rest = digits.slice(-2)
  return `${negative ? '-' : ''}${yuan}${rest === '00' ? '' : `.${rest}`}`
}

export const formatMoney = (fen: number, currency?: string | null): string => {
  const text = fenToText(fen)
  const sign = currencySign(currency)
  return text.startsWith('-') ? `-${sign}${text.slice(1)}` : `${sign}${text}`
}

/** For summaries: ¥377 万, ¥1.25 亿; in English ¥3.77M. The exact figure belongs in a title. */
export function shortMoney(fen: number, language: Lang, currency?: string | null): string {
  const yuan = Math.abs(fen) / 100
  const steps: [number, string][] =
    language === 'zh-CN'
      ? [
          [1e8, ' 亿'],
          [1e4, ' 万'],
        ]
      : [
          [1e9, 'B'],
          [1e6, 'M'],
          [1e3, 'K'],
        ]
  const sign = (fen < 0 ? '-' : '') + currencySign(currency)
  for (const [size, unit] of steps)
    if (yuan >= size) {
      const value = yuan / size
      const [whole = '', rest = ''] = value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0).split('.')
      const places = rest.replace(/0+$/, '')
      return `${sign}${grouped(whole)}${places && `.${places}`}${unit}`
    }
  return `${sign}${grouped(String(Math.round(yuan)))}`
}

/**
 * What people type: "3,770,000", "￥120.5", "377万", "1.2亿", "1.5M". Null when it is no amount.
 */
export function parseMoney(text: string): number | null {
  const clean = text
    .normalize('NFKC')
    .replace(/[\s,¥￥$€£]/g, '')
    .replace(/元$/, '')
  const match = /^(-?)(\d*)(?:\.(\d*))?(万|亿|k|m|w)?$/i.exec(clean)
  if (!match || (!match[2] && !match[3])) return null
  const power = { 万: 4, w: 4, 亿: 8, k: 3, m: 6 }[(match[4] ?? '').toLowerCase()] ?? 0
  const fraction = match[3] ?? ''
  const places = 2 + power
  if (fraction.replace(/0+$/, '').length > places) return null
  const digits = (match[2] ?? '') + fraction.padEnd(places, '0').slice(0, places)
  const fen = Number(digits)
  if (!Number.isSafeInteger(fen)) return null
  return match[1] ? -fen : fen
}
