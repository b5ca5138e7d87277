// Holds the API paths of a page against the paths that the code registers: `/v1/users/{id}` is `/v1/users/:id`.

const METHODS = '(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)'
const REQUEST = new RegExp(`^${METHODS}(?:[|,/ ]+${METHODS})*\\s+(/\\S*)`)
const VERSIONED = /([^\s'"`(]*?)(\/v1\/[^\s'"`?#\\)\]]*)/g
/** What may stand before a versioned path: nothing, or an origin, also as a variable or a placeholder. */
const ORIGIN = /^$|:\/\/|:\d+$|[$}>]|^localhost/
const A_VALUE = /^(?:[:{<$].*|[0-9a-f]{8}-[0-9a-f-]{27}|…|\.\.\.)$/i

/** The paths of the API that a span or a line of a block names. */
export function apiPathsIn(text: string): string[] {
  const request = REQUEST.exec(text)?.[1]
  const versioned = [...text.matchAll(VERSIONED)].flatMap(([, before = '', path = '']) =>
    ORIGIN.test(before) ? [path] : [],
  )
  const found = request === undefined ? versioned : [request]
  return found.map((path) => path.replace(/[?#].*$/, '').replace(/[.,;:]+$/, ''))
}

/** Whether a route answers the path: as it is, or put together from a prefix and the rest. */
export function isAnswered(path: string, routes: ReadonlySet<string>): boolean {
  const asked = segments(path)
  return [...routes].some((route) => {
    const known = segments(route)
    if (known.length > asked.length || known.length === 0) return path === route
    const begins = fits(asked.slice(0, known.length), known)
    if (!begins || known.length === asked.length) return begins
    const rest = asked.slice(known.length)
    return [...routes].some((other) => fits(rest, segments(other)))
  })
}

function segments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}

function fits(asked: readonly string[], known: readonly string[]): boolean {
  return asked.length === known.length && known.every((segment, at) => segmentFits(asked[at] ?? '', segment))
}

function segmentFits(asked: string, known: string): boolean {
  return /^:|\$\{/.test(known) ? A_VALUE.test(asked) : asked === known
}
