// The addresses that a body names, read by the one reading of identifiers.

import { AppError } from '@postern/service-kit/app-error'
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
  throw refusal('body', 'needs email or phone')
}

const refusal = (path: string, problem: string) =>
  new AppError('VALIDATION_FAILED', { reason: `${path} ${problem}`, details: [{ path, problem }] })
