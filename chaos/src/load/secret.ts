// The secret in a message, as its recipient reads it.

const LINK = /\/l#([A-Za-z0-9_-]{110})(?![A-Za-z0-9_-])/
const CODE = /(?<![\d#+])(\d{6})(?!\d)/

/** null: there is none. */
export function secretOf(kind: 'link' | 'code', text: string): string | null {
  return (kind === 'link' ? LINK : CODE).exec(text)?.[1] ?? null
}
