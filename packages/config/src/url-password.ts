// Finds a password inside a URL, also inside one that no parser takes: what cannot be read is judged by its look.

const NAMES = /pass|pwd|secret|token|api_?key/i
const LOOKS_LIKE_USERINFO = /:\/\/\S*:\S+@/

/** Whether `text`, or one URL of a list in it, carries a password: before the host, or as a query parameter. */
export function holdsPassword(text: string): boolean {
  return [text, ...text.split(/[\s,;]+/)].some(oneHoldsPassword)
}

function oneHoldsPassword(text: string): boolean {
  if (!text.includes('://')) return false
  if (!URL.canParse(text)) return LOOKS_LIKE_USERINFO.test(text)
  const url = new URL(text)
  return url.password !== '' || [...url.searchParams.keys()].some((name) => NAMES.test(name))
}
