// Where the links of a page may lead, whoever wrote them: to the web, a mailbox or a telephone, and nowhere that runs code.

// A quote or a slash ends what is before an attribute as a blank does.
const ADDRESSES =
  /[\s"'/](?:href|src|action|formaction|background|poster|data|xlink:href)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]*))/gi
const SCHEME = /^([a-z][a-z0-9+.-]*):/i
const ALLOWED = new Set(['http', 'https', 'mailto', 'tel', 'sms', 'cid'])
const NAMED: Readonly<Record<string, string>> = { colon: ':', tab: '', newline: '', amp: '&', sol: '/' }

/** The first address that leads elsewhere, by its scheme; null: there is none. */
export function strangeScheme(html: string): string | null {
  for (const [, double, single, bare] of html.matchAll(ADDRESSES)) {
    const address = decoded(double ?? single ?? bare ?? '').replace(/[\s\p{Cc}]+/gu, '')
    const scheme = SCHEME.exec(address)?.[1]?.toLowerCase()
    if (scheme !== undefined && !ALLOWED.has(scheme)) return scheme
  }
  return null
}

/** Character references as browsers read them in an attribute. */
const decoded = (text: string) =>
  text
    .replace(/&#(?:x([0-9a-f]{1,6})|([0-9]{1,7}));?/gi, (_, hex, decimal) => character(hex, decimal))
    .replace(/&(colon|tab|newline|amp|sol);/gi, (_, name: string) => NAMED[name.toLowerCase()] ?? '')

function character(hex: string | undefined, decimal: string): string {
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
  return code <= 0x10ffff ? String.fromCodePoint(code) : ''
}
