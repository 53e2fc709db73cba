// @mentions in a text: what is being typed at the caret, putting a name in, who is named.

/** The words after the @ that the caret stands in; null when it stands in none. */
export function mentionAt(text: string, caret: number): { start: number; words: string } | null {
  const found = /(?:^|[^\p{L}\p{N}_.-])@([\p{L}\p{N}_.-]{0,20})$/u.exec(text.slice(0, caret))
  return found ? { start: caret - (found[1]?.length ?? 0), words: found[1] ?? '' } : null
}

export function insertMention(
  text: string,
  caret: number,
  start: number,
  name: string,
): { text: string; caret: number } {
  const before = `${text.slice(0, start)}${name} `
  return { text: before + text.slice(caret).replace(/^ /, ''), caret: before.length }
}

/** Ids of the people whose @name stands in the text; the longest name wins over its beginning. */
export function mentioned<I>(text: string, people: ReadonlyMap<string, I>): I[] {
  let rest = text
  const found: I[] = []
  for (const [name, id] of [...people].sort(([a], [b]) => b.length - a.length)) {
    if (!rest.includes(`@${name}`)) continue
    found.push(id)
    rest = rest.replaceAll(`@${name}`, '')
  }
  return found
}
