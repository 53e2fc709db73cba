// Focus for what is still on its way (a component loaded when first needed).
export function whenThere(find: () => Element | null | undefined): void {
  let frames = 120
  const look = () => {
    const found = find()
    if (found instanceof HTMLElement) {
      found.focus()
      if (found instanceof HTMLInputElement && found.type === 'text') found.select()
    } else if (frames-- > 0) requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}
