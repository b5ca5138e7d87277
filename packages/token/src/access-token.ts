// Access tokens: JWTs signed with ES256 (RFC 7519, profile of RFC 9068). Reading takes only what signing makes: one
// algorithm, one type, a key of our ring, every claim present. It never follows a header to a key elsewhere.

import { errors, type JWTPayload, jwtVerify, type ProtectedHeaderParameters, SignJWT } from 'jose'
import { keyByKid, signingKey } from './jwks.ts'
import type { KeyRing } from './key-ring.ts'

const ALGORITHM = 'ES256'
const TYPE = 'at+jwt'
const HEADERS = new Set(['alg', 'typ', 'kid'])
const MAX_LENGTH = 4096
/** How long a token lives unless told. */
export const ACCESS_SECONDS = 600

export interface AccessClaims {
  readonly iss: string
  readonly aud: string
  /** The user. */
  readonly sub: string
  /** The session. */
  readonly sid: string
  /** The tenant. */
  readonly tid: string
  /** How the user proved who they are (RFC 8176). */
  readonly amr: readonly string[]
  readonly acr: string
  readonly jti: string
}

/** Instants are whole seconds since 1970. */
export interface ReadAccessClaims extends AccessClaims {
  readonly iat: number
  readonly exp: number
}

export interface SignedAccess {
  readonly token: string
  /** What reading the token gives. */
  readonly claims: ReadAccessClaims
}

/** Signs claims with the ring's current key, good for `lifeSeconds` from `nowSeconds` on. @throws SigningKeyError */
export async function signAccessToken(
  ring: KeyRing,
  { iss, aud, sub, sid, tid, amr, acr, jti }: AccessClaims,
  nowSeconds: number,
  lifeSeconds = ACCESS_SECONDS,
): Promise<SignedAccess> {
  const { kid, privateKey } = await signingKey(ring.current)
  const iat = Math.floor(nowSeconds)
  // Named one by one: what else an object carries must not end in a token. A copy of amr: the claims outlive the caller's.
  const claims = { iss, aud, sub, sid, tid, amr: [...amr], acr, iat, exp: iat + lifeSeconds, jti }
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
    .sign(privateKey)
  return { token, claims }
}

export interface ExpectedToken {
  readonly issuer: string
  /** null: only the token says which tenant's it is, and the caller compares `aud` with what that tenant has. */
  readonly audience: string | null
  readonly now: Date
}

/** A token that our ring signed, whether or not its time is over. */
export interface ReadAccess {
  readonly claims: ReadAccessClaims
  readonly isExpired: boolean
}

/** Reads a token that our ring signed for this issuer and audience; null for any other. */
export async function verifyAccessToken(
  ring: KeyRing,
  token: string,
  { issuer, audience, now }: ExpectedToken,
): Promise<ReadAccess | null> {
  if (token.length > MAX_LENGTH || !hasOneSpelling(token)) return null
  try {
    const { payload } = await jwtVerify(token, (header) => keyFor(ring, header), {
      algorithms: [ALGORITHM],
      typ: TYPE,
      issuer,
      ...(audience !== null && { audience }),
      currentDate: now,
      requiredClaims: ['exp', 'iat'],
    })
    return readAs(payload, false)
  } catch (error) {
    // Thrown last: signature, issuer and audience were right.
    if (error instanceof errors.JWTExpired) return readAs(error.payload, true)
    if (error instanceof errors.JOSEError) return null
    throw error
  }
}

function readAs(payload: JWTPayload, isExpired: boolean): ReadAccess | null {
  const claims = claimsOf(payload)
  return claims && { claims, isExpired }
}

/** Base64url decoders overlook spare bits; without this one token would have several texts, and caches several keys. */
function hasOneSpelling(token: string): boolean {
  return token.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)
}

async function keyFor(ring: KeyRing, header: ProtectedHeaderParameters) {
  // `jku`, `jwk`, `x5u`, `crit` and whatever else could point to a key or change the reading.
  const isOurs = Object.keys(header).every((name) => HEADERS.has(name)) && header.typ === TYPE
  const found = isOurs && header.kid !== undefined ? await keyByKid(ring, header.kid) : undefined
  if (found === undefined) throw new errors.JWKSNoMatchingKey()
  return found.publicKey
}

function claimsOf(payload: JWTPayload): ReadAccessClaims | null {
  const { iss, aud, sub, sid, tid, amr, acr, iat, exp, jti } = payload
  if (!isText(iss) || !isText(aud) || !isText(sub) || !isText(sid) || !isText(tid)) return null
  if (!isText(acr) || !isText(jti) || iat === undefined || exp === undefined) return null
  if (!Array.isArray(amr) || !amr.every(isText)) return null
  return { iss, aud, sub, sid, tid, amr, acr, iat, exp, jti }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
