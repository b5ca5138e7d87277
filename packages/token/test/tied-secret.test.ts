// Tied secrets: good in the browser that they were tied to.

import fc from 'fast-check'
import t from 'tap'
import type { BrowserPlace } from '../src/browser-place.ts'
import { createKeyRing } from '../src/key-ring.ts'
import { tieSecret, untieSecret } from '../src/tied-secret.ts'
import { OTHER_TENANT, secretKey, symmetricRing, TENANT } from './rings.ts'

const ring = symmetricRing('csrf', 2)
const place: BrowserPlace = { tenantId: TENANT, cookie: { kind: 'visitor', value: 'a-visitor' } }
const SECRET = 'AQEBofvwcsVwHIXHeZDS0c0PAaH7'
const tied = tieSecret(ring, place, SECRET)

t.test('what was tied in a place is untied there, whatever it is', async (t) => {
  t.equal(untieSecret(ring, place, tied), SECRET)
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (secret) => {
      return untieSecret(ring, place, tieSecret(ring, place, secret)) === secret
    }),
  )
})

t.test('in another place it is worth nothing: cookie, kind of cookie, tenant', async (t) => {
  const { cookie } = place
  for (const other of [
    { tenantId: TENANT, cookie: { ...cookie, value: 'another' } },
    { tenantId: TENANT, cookie: { ...cookie, kind: 'session' as const } },
    { tenantId: OTHER_TENANT, cookie },
  ]) {
    t.equal(untieSecret(ring, other, tied), null)
  }
})

t.test('no character of it can be changed, none left out, none added', async (t) => {
  let refused = 0
  for (let at = 0; at < tied.length; at++) {
    const changed = tied[at] === 'A' ? 'B' : 'A'
    if (untieSecret(ring, place, tied.slice(0, at) + changed + tied.slice(at + 1)) === null) refused++
    if (untieSecret(ring, place, tied.slice(0, at)) === null) refused++
    if (untieSecret(ring, place, tied.slice(at + 1)) === null) refused++
  }
  t.equal(refused, 3 * tied.length)
  for (const text of [`${tied}A`, `A${tied}`, `${tied}=`, `${tied} `, SECRET, '', '.']) {
    t.equal(untieSecret(ring, place, text), null)
  }
})

t.test('text of any kind is refused and never throws', async () => {
  const refused = (text: string) => untieSecret(ring, place, text) === null
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), refused))
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => refused(text + tied.slice(-45))),
  )
})

t.test('an older key of the ring still unties, one that is gone does not', async (t) => {
  const old = tieSecret(symmetricRing('csrf', 1), place, SECRET)
  t.equal(untieSecret(ring, place, old), SECRET)
  t.equal(untieSecret(createKeyRing('csrf', [{ version: 2, key: secretKey('csrf/2') }]), place, old), null)
})
