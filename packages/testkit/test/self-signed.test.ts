import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import t from 'tap'
import { selfSigned } from '../src/self-signed.ts'

t.test('the certificate holds the key’s public half and is signed with it', async (t) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const certificate = new X509Certificate(selfSigned(pem, 'sns.sandbox.invalid'))
  t.ok(certificate.checkPrivateKey(createPrivateKey(pem)))
  t.ok(certificate.verify(certificate.publicKey))
  t.equal(certificate.subject, 'CN=sns.sandbox.invalid')
  t.ok(new Date(certificate.validTo) > new Date('2090-01-01'))
})
