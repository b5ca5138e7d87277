// TOTP, by the values of RFC 4226 and RFC 6238.

import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { base32, hotp, matchTotp, TOTP_SECRET_BYTES, totpStep, totpUrl } from '../src/totp.ts'

const secret = Buffer.from('12345678901234567890')
const at = (seconds: number) => new Date(seconds * 1_000)

t.test('the values of RFC 4226, appendix D', async (t) => {
  const values = [
    '755224',
    '287082',
    '359152',
    '969429',
    '338314',
    '254676',
    '287922',
    '162583',
    '399871',
    '520489',
  ]
  t.same(
    values.map((_, counter) => hotp(secret, counter)),
    values,
  )
})

t.test('the values of RFC 6238, appendix B (SHA-1)', async (t) => {
  const values: [seconds: number, step: number, code: string][] = [
    [59, 0x1, '94287082'],
    [1111111109, 0x23523ec, '07081804'],
    [1111111111, 0x23523ed, '14050471'],
    [1234567890, 0x273ef07, '89005924'],
    [2000000000, 0x3f940aa, '69279037'],
    [20000000000, 0x27bc86aa, '65353130'],
  ]
  for (const [seconds, step, code] of values) {
    t.equal(totpStep(at(seconds)), step)
    t.equal(hotp(secret, step, 8), code)
    t.equal(matchTotp(secret, code.slice(2), at(seconds)), step, 'six digits are the last of eight')
  }
})

t.test('a code counts in its own step and the next one, and nowhere else', async (t) => {
  const code = hotp(secret, 1_000)
  const starts = 1_000 * 30
  const found = (seconds: number) => matchTotp(secret, code, at(seconds))
  t.equal(found(starts - 0.001), null, 'not before its step')
  t.equal(found(starts), 1_000)
  t.equal(found(starts + 29.999), 1_000)
  t.equal(found(starts + 30), 1_000, 'as the previous one')
  t.equal(found(starts + 59.999), 1_000)
  t.equal(found(starts + 60), null, 'not after the next step')
})

t.test('any code of another secret, length or alphabet is refused and never throws', async () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 12 }),
      (text) => matchTotp(secret, text, at(59)) === null,
    ),
  )
  const ours = hotp(secret, 1)
  const others = [`${ours} `, ` ${ours}`, ours.slice(1), `0${ours}`, ours.replace('2', '２'), '']
  for (const other of others) t.equal(matchTotp(secret, other, at(59)), null)
  t.equal(matchTotp(Buffer.from('12345678901234567891'), ours, at(59)), null)
})

t.test('base32 as RFC 4648, section 10, writes it, without padding', async (t) => {
  const pairs = {
    '': '',
    f: 'MY',
    fo: 'MZXQ',
    foo: 'MZXW6',
    foob: 'MZXW6YQ',
    fooba: 'MZXW6YTB',
    foobar: 'MZXW6YTBOI',
  }
  for (const [plain, text] of Object.entries(pairs)) t.equal(base32(Buffer.from(plain)), text)
  t.match(base32(randomBytes(TOTP_SECRET_BYTES)), /^[A-Z2-7]{32}$/)
})

t.test('the URL says issuer, account and secret, whatever the names hold', async (t) => {
  const url = totpUrl({ issuer: 'Ädel & Co: shop', account: 'ada+x@example.com' }, secret)
  const parsed = new URL(url)
  t.equal(parsed.protocol, 'otpauth:')
  t.equal(parsed.host, 'totp')
  t.equal(decodeURIComponent(parsed.pathname), '/Ädel & Co  shop:ada+x@example.com')
  t.same(Object.fromEntries(parsed.searchParams), {
    secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    issuer: 'Ädel & Co  shop',
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  })
})
