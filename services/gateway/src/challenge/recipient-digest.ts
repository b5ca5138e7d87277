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

/** Bytes of one of them. */
const DIGEST_BYTES = 32

/** `identifierDigest` of the same identifier: the digest under the key that writes, which the recipient's begins with. */
export const toldDigest = (recipient: Buffer): string =>
  recipient.subarray(0, DIGEST_BYTES).toString('base64url')

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
