// Options of the choosing inputs.
export interface Option<V extends string | number = string> {
  value: V
  label: string
  /** Beside the label: a number, a place. */
  hint?: string
  disabled?: boolean
}

const MOST = 100

/** Those that contain what was typed; never more than a person would scroll through. */
export function optionsShown<V extends string | number>(
  options: readonly Option<V>[],
  words: string,
): Option<V>[] {
  const wanted = words.trim().toLowerCase()
  const found = wanted
    ? options.filter(({ label, hint }) => `${label} ${hint ?? ''}`.toLowerCase().includes(wanted))
    : [...options]
  return found.slice(0, MOST)
}
