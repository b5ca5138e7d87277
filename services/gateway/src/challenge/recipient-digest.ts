// What stands for a recipient where it is asked who gets nothing more: deliveries.recipient_digest.

import { digestsOfAll } from '@postern/token/digest'
import type { KeyRing } from '@postern/token/key-ring'
import type { Identifier } from './identifier.ts'

/** What `recipientDigest` may begin with, whichever key wrote it. */
export const recipientDigests = (
  pepper: KeyRing,
  tenantId: string,
  { identityKey }: Pick<Identifier, 'identityKey'>,
): Buffer[] =>
  digestsOfAll(pepper, 'identifier', tenantId, '', Buffer.from(identityKey)).map(({ digest }) => digest)

/** Keyed digests of 32 bytes, one after the other: under the key that writes, then under each other live key. */
export function recipientDigest(
  pepper: KeyRing,
  tenantId: string,
  { identityKey }: Pick<Identifier, 'identityKey'>,
): Buffer {
  const { version: writing } = pepper.current
  const digests = digestsOfAll(pepper, 'identifier', tenantId, '', Buffer.from(identityKey))
  const rank = ({ version }: { version: number }) => Number(version !== writing)
  return Buffer.concat(digests.toSorted((a, b) => rank(a) - rank(b)).map(({ digest }) => digest))
}
