// Drives a house's secrets, and those that its flows make, to wherever a careless client, a misled browser or a curious
// operator might bring them to light.

import { readSecret } from './dev-file.ts'
import type { House } from './house.ts'
import type { Client } from './postern.client.ts'
import type { Kept } from './stored-secrets.ts'

/** The house's own secrets, by name. */
export function houseSecrets({ dataDir, dev }: Pick<House, 'dataDir' | 'dev'>): Record<string, string> {
  const files = [
    'sendgrid-api-key',
    'twilio-auth-token',
    'ses-access-key',
    'smtp-login',
    'message-gateway-key',
    'seal/v1',
    'pepper/v1',
    'refresh/v1',
    'csrf/v1',
    'receipt/v1',
    'twilio-receipt-token',
    'gateway-receipt-key',
    'admin-key',
  ]
  const passwords = ['owner', 'gateway', 'notifier', 'audit'].map((role) => `role-passwords/${role}`)
  const read = [...files, ...passwords].map((name) => [name, readSecret(dataDir, name)])
  return {
    ...Object.fromEntries(read),
    'the whole API key': dev.api_key,
    'the secret of the API key': dev.api_key.slice(dev.api_key.indexOf('_', 3) + 1),
    'the key that signs sessions': readSecret(dataDir, 'jwt/v1').split('\n')[1] ?? '',
  }
}

/** Puts a secret wherever a careless client might. */
export async function misuse(client: Client, { dev }: House, secret: string): Promise<void> {
  const { gateway, audit } = dev
  const body = { token: secret }
  const places: [string, string, object][] = [
    ['GET', `${gateway}/l?postern_token=${secret}`, {}],
    ['HEAD', `${gateway}/l/${secret}`, {}],
    ['POST', `${gateway}/l/resolve`, { body }],
    ['POST', `${gateway}/l/resolve`, { body: { ...body, [secret.slice(0, 60)]: secret } }],
    ['GET', `${gateway}/v1/magic-links/${secret}`, {}],
    ['POST', `${gateway}/v1/magic-links/verify`, { body: { token: `${secret.slice(0, -1)}_` } }],
    ['POST', `${gateway}/v1/magic-links/verify`, { key: secret, body }],
    ['POST', `${gateway}/v1/magic-links/verify`, { body, headers: { 'content-type': secret.slice(0, 40) } }],
    ['POST', `${gateway}/v1/magic-links`, { body: { email: `${secret}@example.com` } }],
    ['POST', `${gateway}/v1/sessions/refresh`, { body: { refresh_token: `${secret.slice(0, -1)}_` } }],
    [
      'POST',
      `${gateway}/v1/sessions/refresh`,
      { body: { refresh_token: secret, [secret.slice(0, 60)]: secret } },
    ],
    ['POST', `${gateway}/v1/introspect`, { body }],
    ['GET', `${gateway}/v1/forward-auth?tenant=${secret}`, { key: secret }],
    ['GET', `${audit}/v1/events?subject=${secret}`, { key: secret }],
    ['GET', `${audit}/v1/events/${secret}`, {}],
  ]
  for (const [method, url, options] of places) await client.call(method, url, options)
}

/** What the processes show to anybody who asks them for their state. */
export async function shown({ dev }: House): Promise<Kept[]> {
  const ask = async (url: string) => ({ where: url, content: Buffer.from(await (await fetch(url)).text()) })
  const services = [dev.gateway, dev.notifier, dev.audit]
  const probes = services.flatMap((url) => [`${url}/metrics`, `${url}/readyz`])
  return Promise.all([...probes, `${dev.sandbox}/calls`, `${dev.gateway}/openapi.json`].map(ask))
}
