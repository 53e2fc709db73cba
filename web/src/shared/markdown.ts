// A small, safe reading of Markdown: headings, lists, quotes, tables, rules, bold, italics, code
// and web links. It yields plain data; nothing here or in what draws it makes HTML from text.

export type Span =
  | { kind: 'text' | 'bold' | 'italic' | 'code'; text: string }
  | { kind: 'link'; text: string; href: string }

export type Block =
  | { kind: 'heading'; level: number; spans: Span[] }
  | { kind: 'paragraph' | 'quote'; lines: Span[][] }
  | { kind: 'list'; ordered: boolean; start: number; items: { depth: number; spans: Span[]; done: boolean | null }[] }
  | { kind: 'table'; head: Span[][]; rows: Span[][][] }
  | { kind: 'code'; text: string }
  | { kind: 'rule' }

const INLINE = /\*\*(.+?)\*\*|`([^`]+)`|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)|(?<![\w*])\*([^*\s][^*]*?)\*(?![\w*])|(https?:\/\/[^\s<>()，。；、）]+)/g

export function spansOf(line: string): Span[] {
  const spans: Span[] = []
  let at = 0
  for (const match of line.matchAll(INLINE)) {
    if (match.index > at) spans.push({ kind: 'text', text: line.slice(at, match.index) })
    const [whole, bold, code, label, href, italic, bare] = match
    if (bold !== undefined) spans.push({ kind: 'bold', text: bold })
    else if (code !== undefined) spans.push({ kind: 'code', text: code })
    else if (label !== undefined && href !== undefined) spans.push({ kind: 'link', text: label, href })
    else if (italic !== undefined) spans.push({ kind: 'italic', text: italic })
    else if (bare !== undefined) spans.push({ kind: 'link', text: bare, href: bare })
    at = match.index + whole.length
  }
  if (at < line.length) spans.push({ kind: 'text', text: line.slice(at) })
  return spans
}

const cells = (line: string): string[] =>
  line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim())

const HEADING = /^(#{1,6})\s+(.*)$/
const ITEM = /^(\s*)(?:([-*+•])|(\d{1,3})[.)、])\s+(.*)$/
const DIVIDER = /^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$/
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/
const starts = (line: string, next: string | undefined): boolean =>
  !line.trim() ||
  HEADING.test(line) ||
  ITEM.test(line) ||
  RULE.test(line) ||
  line.startsWith('>') ||
  line.startsWith('```') ||
  (line.includes('|') && next !== undefined && DIVIDER.test(next))

export function parseMarkdown(text: string): Block[] {
  const lines = text.replace(/\r\n?/g, '\n').split('\n')
  const blocks: Block[] = []
  let i = 0
  while (i < lines.length) {
    const line = lines[i] ?? ''
    const next = lines[i + 1]
    const heading = HEADING.exec(line)
    if (!line.trim()) i++
    else if (heading) {
      blocks.push({ kind: 'heading', level: heading[1]?.length ?? 1, spans: spansOf(heading[2] ?? '') })
      i++
    } else if (line.startsWith('```')) {
      const end = lines.findIndex((one, at) => at > i && one.startsWith('```'))
      const last = end < 0 ? lines.length : end
      blocks.push({ kind: 'code', text: lines.slice(i + 1, last).join('\n') })
      i = last + 1
    } else if (RULE.test(line)) {
      blocks.push({ kind: 'rule' })
      i++
    } else if (line.includes('|') && next !== undefined && DIVIDER.test(next) && next.includes('-')) {
      const head = cells(line).map(spansOf)
      const rows: Span[][][] = []
      for (i += 2; i < lines.length && (lines[i] ?? '').includes('|'); i++) rows.push(cells(lines[i] ?? '').map(spansOf))
      blocks.push({ kind: 'table', head, rows })
    } else if (line.startsWith('>')) {
      const quoted: Span[][] = []
      for (; i < lines.length && (lines[i] ?? '').startsWith('>'); i++) quoted.push(spansOf((lines[i] ?? '').replace(/^>\s?/, '')))
      blocks.push({ kind: 'quote', lines: quoted })
    } else if (ITEM.test(line)) {
      const first = ITEM.exec(line)
      const list: Extract<Block, { kind: 'list' }> = {
        kind: 'list',
        ordered: first?.[3] !== undefined,
        start: Number(first?.[3] ?? 1),
        items: [],
      }
      for (; i < lines.length; i++) {
        const item = ITEM.exec(lines[i] ?? '')
        if (!item) break
        if (!item[1] && (item[3] !== undefined) !== list.ordered) break
        const box = /^\[([ xX])\]\s+(.*)$/.exec(item[4] ?? '')
        list.items.push({
          depth: Math.min(3, Math.floor((item[1] ?? '').replace(/\t/g, '  ').length / 2)),
          spans: spansOf(box?.[2] ?? item[4] ?? ''),
          done: box ? box[1] !== ' ' : null,
        })
      }
      blocks.push(list)
    } else {
      const lined: Span[][] = [spansOf(line)]
      for (i++; i < lines.length && !starts(lines[i] ?? '', lines[i + 1]); i++) lined.push(spansOf(lines[i] ?? ''))
      blocks.push({ kind: 'paragraph', lines: lined })
    }
  }
  return blocks
}
