// Where a pop-up goes: below its anchor, above when there is no room, always inside the window.
// It lives in the dialog of its anchor, if there is one, or the dialog would take the focus back.
export interface Place {
  left: number
  top: number
  maxHeight: number
}

export const homeOf = (anchor: HTMLElement | null | undefined): string | HTMLElement =>
  anchor?.closest<HTMLElement>('[role="dialog"]') ?? '#pop'

export function placeBy(anchor: DOMRect, size: { width: number; height: number }, end: boolean): Place {
  const below = innerHeight - anchor.bottom - 12
  const up = below < size.height && anchor.top > below
  const left = end ? anchor.right - size.width : anchor.left
  const maxHeight = Math.max(120, up ? anchor.top - 12 : below)
  return {
    left: Math.round(Math.max(8, Math.min(left, innerWidth - size.width - 8))),
    top: Math.round(up ? Math.max(8, anchor.top - Math.min(size.height, maxHeight) - 4) : anchor.bottom + 4),
    maxHeight: Math.round(maxHeight),
  }
}
