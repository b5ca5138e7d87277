// A certificate that vouches for nothing but its own key, as the sandbox shows one where Amazon shows a real one. Node reads
// certificates and makes none, so the few bytes are put together here (X.509 v3, RFC 5280; DER, X.690).
import { createPublicKey, sign } from 'node:crypto'

const INTEGER = 0x02
const BIT_STRING = 0x03
const NULL = 0x05
const OID = 0x06
const UTF8 = 0x0c
const TIME = 0x18
const SEQUENCE = 0x30
const SET = 0x31
const VERSION = 0xa0

/** 1.2.840.113549.1.1.11 and 2.5.4.3 */
const SHA256_WITH_RSA = Buffer.from('2a864886f70d01010b', 'hex')
const COMMON_NAME = Buffer.from('550403', 'hex')

/** The certificate in PEM of an RSA key's PEM, from 2020 to 2099. */
export function selfSigned(privateKey: string, name: string): string {
  const algorithm = der(SEQUENCE, der(OID, SHA256_WITH_RSA), der(NULL))
  const subject = der(SEQUENCE, der(SET, der(SEQUENCE, der(OID, COMMON_NAME), der(UTF8, Buffer.from(name)))))
  const life = der(SEQUENCE, time('20200101000000Z'), time('20991231235959Z'))
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const version = der(VERSION, der(INTEGER, Buffer.from([2])))
  const serial = der(INTEGER, Buffer.from([1]))
  const body = der(SEQUENCE, version, serial, algorithm, subject, life, subject, publicKey)
  const signature = der(BIT_STRING, Buffer.from([0]), sign('sha256', body, privateKey))
  const whole = der(SEQUENCE, body, algorithm, signature).toString('base64')
  const lines = whole.match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

const time = (text: string) => der(TIME, Buffer.from(text))

/** Tag, length, content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content])
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const bytes = length < 0x1_00 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.from(bytes)
}
