// PKCE, by the values of RFC 7636.

import t from 'tap'
import { challengeOf, matchesChallenge } from '../src/pkce.ts'

// RFC 7636, appendix B.
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

t.test('the example of RFC 7636 gives its challenge', async (t) => {
  t.equal(challengeOf(VERIFIER), CHALLENGE)
  t.equal(matchesChallenge(VERIFIER, CHALLENGE), true)
})

t.test('only the right verifier in its right form matches', async (t) => {
  t.equal(matchesChallenge(VERIFIER.replace('d', 'e'), CHALLENGE), false)
  t.equal(matchesChallenge(VERIFIER, `${CHALLENGE}=`), false)
  t.equal(matchesChallenge(VERIFIER, ''), false)
  t.equal(matchesChallenge('', challengeOf('')), false)
  t.equal(matchesChallenge('a'.repeat(42), challengeOf('a'.repeat(42))), false, 'too short')
  t.equal(matchesChallenge('a'.repeat(129), challengeOf('a'.repeat(129))), false, 'too long')
  t.equal(matchesChallenge('ä'.repeat(43), challengeOf('ä'.repeat(43))), false, 'another alphabet')
  t.equal(matchesChallenge('a'.repeat(128), challengeOf('a'.repeat(128))), true)
})

t.test('the plain method does not match', async (t) => {
  t.equal(matchesChallenge(VERIFIER, VERIFIER), false)
})
