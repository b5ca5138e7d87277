// Proof key for code exchange, method S256 only (RFC 7636): a stolen link is worth nothing without the verifier that
// stayed with whoever asked for it.

import { equalDigest, sha256 } from './digest.ts'

const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/

/** The challenge of a verifier: base64url of its SHA-256, 43 characters (RFC 7636, section 4.2). */
export function challengeOf(verifier: string): string {
  return sha256(verifier).toString('base64url')
}

/** Whether `verifier` has the form of RFC 7636, section 4.1, and belongs to `challenge`; in constant time. */
export function matchesChallenge(verifier: string, challenge: string): boolean {
  return VERIFIER.test(verifier) && equalDigest(Buffer.from(challengeOf(verifier)), Buffer.from(challenge))
}
