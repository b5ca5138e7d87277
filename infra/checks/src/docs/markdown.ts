// Just enough Markdown to see what a page names: headings, links, code spans, fenced blocks and tables, by line.

export interface Named {
  readonly text: string
  /** From 1 on. */
  readonly line: number
}

export interface Page {
  readonly path: string
  readonly headings: readonly string[]
  /** Targets of links and images. */
  readonly links: readonly Named[]
  /** What stands in backticks. */
  readonly spans: readonly Named[]
  /** The lines of fenced blocks. */
  readonly blocks: readonly Named[]
  /** Rows of tables, without the header's rule. */
  readonly rows: readonly { readonly cells: readonly string[]; readonly line: number }[]
}

const FENCE = /^\s*(?:```|~~~)/
const LINK = /!?\[(?:[^\][]|\[[^\]]*\])*\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)|^\s*\[[^\]]+\]:\s*(\S+)/g
/** Until `<!-- built -->` a page tells what is planned; the issue that will build it is named. */
const PLANNED = /^\s*<!-- not built yet: #\d+ -->\s*$/
const BUILT = /^\s*<!-- built -->\s*$/

export function readPage(path: string, text: string): Page {
  const page = { headings: [] as string[], links: [] as Named[], spans: [] as Named[], blocks: [] as Named[] }
  const rows: { cells: string[]; line: number }[] = []
  let fenced = false
  let planned = false
  for (const [at, content] of text.split('\n').entries()) {
    const line = at + 1
    if (PLANNED.test(content) || BUILT.test(content)) planned = PLANNED.test(content)
    if (FENCE.test(content)) fenced = !fenced
    else if (fenced && !planned) page.blocks.push({ text: content, line })
    if (fenced || FENCE.test(content)) continue
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(content)?.[1]
    if (heading !== undefined) page.headings.push(heading)
    if (planned) continue
    page.spans.push(...spansOf(content).map((span) => ({ text: span, line })))
    for (const [, inline, reference] of withoutSpans(content).matchAll(LINK))
      page.links.push({ text: inline ?? reference ?? '', line })
    if (/^\s*\|/.test(content) && !/^\s*\|[\s:|-]+\|\s*$/.test(content))
      rows.push({ cells: cellsOf(content), line })
  }
  return { path, ...page, rows }
}

/** The anchors that GitHub gives the headings: lower case, without punctuation, hyphens for blanks, numbered when equal. */
export function anchorsOf({ headings }: Page): Set<string> {
  const seen = new Map<string, number>()
  return new Set(
    headings.map((heading) => {
      const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
      const slug = words.replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '').replaceAll(' ', '-')
      const count = seen.get(slug) ?? 0
      seen.set(slug, count + 1)
      return count === 0 ? slug : `${slug}-${count}`
    }),
  )
}

function spansOf(line: string): string[] {
  return [...line.matchAll(/(`+)(.+?)\1(?!`)/g)].map(([, , inner]) => (inner ?? '').trim())
}

function withoutSpans(line: string): string {
  return line.replace(/(`+)(.+?)\1(?!`)/g, (span) => '`'.repeat(span.length))
}

/** A `|` inside a code span or behind a backslash ends no cell. */
function cellsOf(line: string): string[] {
  const safe = line.replace(/(`+)(.+?)\1(?!`)|\\\|/g, (part) => part.replaceAll('|', '\u0000'))
  return safe
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.replaceAll('\u0000', '|').trim())
}
