// The addresses that a body names, read by the one reading of identifiers.

import { invalidField } from '@postern/service-kit/app-error'
import { type Identifier, readEmail, readPhone } from '../challenge/identifier.ts'

/**
 * At least one.
 * @throws AppError VALIDATION_FAILED
 */
export function addressesOf(body: { email?: string; phone?: string }): [Identifier, ...Identifier[]] {
  const email = body.email === undefined ? [] : [readEmail(body.email)]
  const phone = body.phone === undefined ? [] : [readPhone(body.phone)]
  const [first, ...more]: Identifier[] = [...email, ...phone]
  if (first !== undefined) return [first, ...more]
  throw invalidField('body', 'needs email or phone')
}
