// Liquid as templates that strangers write may use it: tags and filters by a closed list, no file, no clock, no chance,
// nothing of ours but the values that are given. In HTML every value is escaped, and no filter takes that back.

import { Liquid } from 'liquidjs'
import { CHARGED_TAGS, chargedFilter, type FilterHandler, OPERATORS } from './charged-work.ts'

/** A tag that prints what HTML should escape (`cycle`, `echo`, `capture`) or reads a file is not among them. */
const TAGS = new Set(['assign', 'break', 'case', 'comment', 'continue', 'for', 'if', 'raw', 'unless'])

/** Each looks at its input as text, number or list, and charges the memory that it takes. None knows the time. */
const FILTERS = new Set(
  (
    'abs append at_least at_most capitalize ceil default divided_by downcase first floor join last lstrip minus modulo plus ' +
    'prepend remove remove_first replace replace_first reverse round rstrip size slice sort split strip strip_newlines times ' +
    'truncate truncatewords upcase url_encode'
  ).split(' '),
)

const nowhere = () => {
  throw new Error('templates read no files')
}
const NO_FILES = {
  readFile: nowhere,
  readFileSync: nowhere,
  exists: async () => false,
  existsSync: () => false,
  contains: async () => false,
  containsSync: () => false,
  resolve: nowhere,
}

const escapeHtml = chargedFilter('escape')

const withBreaks: FilterHandler = function (value) {
  return escapeHtml.call(this, value).replace(/\n/g, '<br>\n')
}

function createEngine(options: { outputEscape?: 'escape' }): Liquid {
  const liquid = new Liquid({
    fs: NO_FILES,
    relativeReference: false,
    dynamicPartials: false,
    ownPropertyOnly: true,
    strictFilters: true,
    strictVariables: true,
    // `if`, `unless`, `case` and `default` may ask for a variable that was not given.
    lenientIf: true,
    operators: OPERATORS,
    ...options,
  })
  keepOnly(liquid.tags, TAGS)
  for (const [name, tag] of Object.entries(CHARGED_TAGS)) liquid.registerTag(name, tag)
  keepOnly(liquid.filters, FILTERS)
  for (const name of FILTERS) liquid.registerFilter(name, chargedFilter(name))
  return liquid
}

function keepOnly(known: Record<string, unknown>, wanted: ReadonlySet<string>): void {
  for (const name of Object.keys(known)) if (!wanted.has(name)) delete known[name]
}

/** For subjects and texts: values stand as they are. */
export const TEXT = createEngine({})

/** For HTML. What these two filters answer is escaped by themselves, so it is not escaped once more. */
export const HTML = createEngine({ outputEscape: 'escape' })
HTML.registerFilter('escape', { raw: true, handler: escapeHtml })
HTML.registerFilter('newline_to_br', { raw: true, handler: withBreaks })
