// The formats of our schemas. Where ajv-formats accepts more than Postgres or JavaScript can read, ours are narrower:
// what passes here never fails further down.

import type { Ajv } from 'ajv'
import addFormats, { type FormatName } from 'ajv-formats'

const KEPT: FormatName[] = ['date-time', 'date', 'uri', 'hostname', 'ipv4', 'ipv6']
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const INSTANT = /^(\d{4})-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-](\d{2}):\d{2})$/i

/** Adds the formats that schemas may name; a schema that names any other does not compile. */
export function addOurFormats(ajv: Ajv): void {
  addFormats.default(ajv, KEPT)
  const dateTime = ajv.formats['date-time']
  const readable =
    typeof dateTime === 'object' && 'validate' in dateTime && typeof dateTime.validate === 'function'
      ? (dateTime.validate as (text: string) => boolean)
      : () => false
  ajv.addFormat('uuid', UUID)
  ajv.addFormat('date-time', (text: string) => isInstant(text) && readable(text))
}

/** RFC 3339 with a zone, of a year and an offset that Postgres and Date read alike; no leap second. */
function isInstant(text: string): boolean {
  const parts = INSTANT.exec(text)
  if (!parts) return false
  const year = Number(parts[1])
  const offsetHours = Number(parts[2] ?? 0)
  return year >= 1900 && year <= 9998 && offsetHours <= 14 && !Number.isNaN(Date.parse(text))
}
