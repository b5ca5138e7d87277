// Nothing secret leaves in a log line or a span: this one file decides what may be shown.
// Two nets: names of fields that hold secrets, and patterns of secrets wherever a string carries one.

const REDACTED = '[redacted]'
const MAX_DEPTH = 6
const MAX_ITEMS = 50
const MAX_TEXT = 2_000

/** Fields whose values are never shown, by their name without case, dashes and underscores. */
const SECRET_NAME =
  /auth(?:orization)?$|cookie|passw|passphrase|secret|token|apikey|adminkey|privatekey|signature|credential|pepper|^pins?$|^otps?$|codeverifier|recoverycode|headers|body$|payload|^data$|^query|^qs$|^params$|^form|^html$|^text$|email|phone|recipient|^to$|^from$|^destination|^identifiers?$|^address(?:es)?$|dsn|connectionstring|^config$|^metadata$|^variables$|redirecturl|^ip$|remoteaddress/
/** Endings that name a fact about a secret, not the secret. */
const FACT_NAME = /(?:id|ids|version|count|kind|prefix|seconds|status|bytes)$/
/** What may stand under `code`: VALIDATION_FAILED, ECONNRESET, an SQLSTATE. A one-time code has six digits. */
const CODE_NAME =
  /^(?:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|E[A-Z]{3,}|INTERNAL|FORBIDDEN|CONFLICT|UNAUTHENTICATED|(?=.*[0-9])[0-9A-Z]{5})$/

// Texts are masked as they are and once more as part of a finished JSON line: no pattern may begin right behind a
// backslash or swallow a quote, or the line would no longer be JSON.
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]+-----(?:[A-Za-z0-9+/=\s]|\\n|\\r)*(?:-----END [A-Z ]+-----)?/g, REDACTED],
  [/otpauth:[^\s"'\\]+/g, REDACTED],
  [/\b(Bearer|Basic)\s+[^\s"',\\]+/gi, `$1 ${REDACTED}`],
  [/\/\/[^\s/"'\\]*@(?=[^\s"'\\])/g, `//${REDACTED}@`],
  [/(\bhttps?:\/\/[^\s"'\\?#]+)[?#][^\s"'\\]*/g, `$1?${REDACTED}`],
  [/\bpk_[A-Za-z0-9_-]{6,}/g, REDACTED],
  [/\bSG\.[\w-]{6,}\.[\w-]{6,}/g, REDACTED],
  [/\beyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?/g, REDACTED],
  [/(?<![A-Za-z0-9+/\\])[A-Za-z0-9+/]{40,}={1,2}/g, REDACTED],
  [/(?<![\w\\-])(?!00-[0-9a-f]{32}-[0-9a-f]{16}-)(?!(?:[a-z_-]+|[A-Z_-]+)(?![\w-]))[\w-]{40,}/g, REDACTED],
  [/(?<![\w.+\\-])[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}\b/g, '[email]'],
  [/(?<![\w.])\+[1-9]\d{7,14}\b/g, '[phone]'],
  // Five digits are an SQLSTATE or a vendor's error number: no code of ours has five.
  [/\b(codes?|otp|pin)(\W{1,4}(?:is\W{1,3}|was\W{1,3})?)(?!\d{5}\b)\d{4,8}\b/gi, `$1$2${REDACTED}`],
]

const MARKS =
  /[@+]|\/\/|pk_|SG\.|eyJ|-----B|otpauth:|bearer\s|basic\s|(?:codes?|otp|pin)\W{1,4}(?:is\W|was\W)?\W{0,2}\d{4}/i
const RUN = 40
const inRun = new Uint8Array(128)
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+/')
  inRun[char.charCodeAt(0)] = 1

/** Whether the text holds 40 characters of a key, token or digest in a row. */
function hasLongRun(text: string): boolean {
  let run = 0
  for (let at = 0; at < text.length; at++) {
    run = inRun[text.charCodeAt(at)] === 1 ? run + 1 : 0
    if (run === RUN) return true
  }
  return false
}

/** Masks everything in a text that looks like a secret, an address or a telephone number. JSON stays JSON. */
export function maskSecrets(text: string): string {
  // Nearly every text is harmless, and two cheap looks tell so: the patterns cost ten times as much.
  if (!MARKS.test(text) && !hasLongRun(text)) return text
  let masked = text
  for (const [pattern, mask] of PATTERNS) masked = masked.replace(pattern, mask)
  return masked
}

/** A URL or path as it may be shown: without query, fragment and credentials. */
export function barePath(url: string): string {
  const end = url.search(/[?#]/)
  return maskSecrets(end === -1 ? url : url.slice(0, end))
}

const nameDecisions = new Map<string, boolean>()

/** Whether a field of this name holds what must not be shown. */
export function isSecretName(name: string): boolean {
  const known = nameDecisions.get(name)
  if (known !== undefined) return known
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '')
  const secret = SECRET_NAME.test(plain) && !FACT_NAME.test(plain)
  if (nameDecisions.size < 1_000) nameDecisions.set(name, secret)
  return secret
}

/** A copy of `value` that may be logged: plain, bounded, without secrets, never throwing. */
export function scrub(value: unknown, depth = 0): unknown {
  try {
    return scrubUnguarded(value, depth)
  } catch {
    return '[unreadable]'
  }
}

function scrubUnguarded(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskSecrets(value.slice(0, MAX_TEXT))
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (depth >= MAX_DEPTH) return '[deep]'
  if (value instanceof Error) return scrubError(value, depth)
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => scrub(item, depth + 1))
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return describeInstance(value)
  return scrubFields(value as Record<string, unknown>, depth)
}

/** The fields of a plain object that may be logged. */
export function scrubFields(fields: Record<string, unknown>, depth = 0): Record<string, unknown> {
  const shown: Record<string, unknown> = {}
  for (const name of Object.keys(fields).slice(0, MAX_ITEMS)) {
    // Own fields only, so `__proto__` in someone else's data cannot become ours.
    if (name === '__proto__') continue
    const safeName = name.length > 64 ? REDACTED : maskSecrets(name)
    shown[safeName] = scrubField(name, fields, depth)
  }
  return shown
}

function scrubField(name: string, fields: Record<string, unknown>, depth: number): unknown {
  try {
    const value = fields[name]
    if (value === undefined || value === null || typeof value === 'boolean') return value
    if (isSecretName(name)) return REDACTED
    if (name === 'code') return safeCode(value)
    if ((name === 'url' || name === 'path') && typeof value === 'string') return barePath(value)
    return scrub(value, depth + 1)
  } catch {
    return '[unreadable]'
  }
}

/** Requests and answers of any library are told by method, path and status; every other instance by its class only. */
function describeInstance(value: object): unknown {
  const { method, url, statusCode } = value as { method?: unknown; url?: unknown; statusCode?: unknown }
  if (typeof method === 'string' && typeof url === 'string')
    return { method: maskSecrets(method), path: barePath(url) }
  if (typeof statusCode === 'number') return { status: statusCode }
  const name = value.constructor?.name
  return `[${typeof name === 'string' && /^\w{1,40}$/.test(name) ? name : 'object'}]`
}

function safeCode(code: unknown): unknown {
  if (typeof code === 'string' && CODE_NAME.test(code)) return maskSecrets(code)
  return typeof code === 'number' && Math.abs(code) < 100_000 ? code : REDACTED
}

/**
 * What may be told of an error: its class, code, our own `reason`, the database's constraint and table, and where it
 * arose. Foreign messages and fields are dropped: vendors put whole requests, with keys and codes, into them.
 */
export function scrubError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: 'NotAnError', type: typeof error }
  const fields = error as Error & Record<string, unknown>
  const shown: Record<string, unknown> = { name: safeWord(fields.name) ?? 'Error' }
  if (fields.code !== undefined) shown.code = safeCode(fields.code)
  if (typeof fields.reason === 'string') shown.reason = maskSecrets(fields.reason.slice(0, 500))
  for (const name of ['syscall', 'constraint', 'table'] as const) {
    const word = safeWord(fields[name])
    if (word !== undefined) shown[name] = word
  }
  shown.stack = frames(fields.stack)
  if (depth >= MAX_DEPTH) return shown
  if (fields.cause instanceof Error) shown.cause = scrubError(fields.cause, depth + 1)
  if (Array.isArray(fields.errors))
    shown.errors = fields.errors.slice(0, 5).map((each) => scrubError(each, depth + 1))
  return shown
}

function safeWord(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w$.]{1,64}$/.test(value) ? maskSecrets(value) : undefined
}

const FRAME =
  /^ {4}at (?:(?:async |new )*[\w$.<>#[\] ]{1,120} (?:\[as [\w$]+\] )?\()?(?:file:\/\/|node:|\/|[A-Za-z]:\\)[^\s()"]{1,400}:\d+:\d+\)?$/

/** The lines of a stack that name places, from its end upwards: what stands above them is the message. */
function frames(stack: unknown): string[] {
  if (typeof stack !== 'string') return []
  const places: string[] = []
  for (const line of stack.split('\n').reverse()) {
    const known =
      FRAME.test(line) || /^ {4}at (?:async )?(?:<anonymous>|Promise\.\w+ \(index \d+\))$/.test(line)
    if (!known) break
    places.unshift(maskSecrets(line.trim()))
  }
  return places.slice(0, 30)
}
