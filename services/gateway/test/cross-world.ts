// One of every kind of secret, alive at once in one tenant, and every place where a secret may be shown.
// Whoever adds a kind of secret or a route that takes one adds a row here: the matrix does the rest.

import { randomBytes, randomUUID } from 'node:crypto'
import { mintMfaToken } from '@postern/token/mfa-token'
import { type BrowserTenant, browserTenant, openPage, type Page, SESSION } from './browser/browser-page.ts'
import { signedInPage } from './browser/signed-in-page.ts'
import { codeOf, type FactorUser, newFactorUser, proveLink } from './factor/factor-user.ts'
import { signIn } from './session/signed-in.ts'
import { type Answer, bearer, type Gateway, type Tenant } from './setup.ts'

const SCOPES = ['challenges:write', 'challenges:verify', 'users:write', 'sessions:read', 'sessions:write']

/** Every kind of secret, with the text that its holder has. */
export interface Secrets {
  'link token': string
  code: string
  'code of a next factor': string
  'link of a next factor': string
  'refresh token': string
  'access token': string
  'session cookie': string
  'mfa token': string
  'mfa token of a browser': string
  TOTP: string
  'recovery code': string
  'API key': string
}
export type Kind = keyof Secrets

export interface World {
  tenant: BrowserTenant
  secrets: Secrets
  linkId: string
  codeId: string
  /** the mfa tokens of sign-ins that wait for a mailed code and for a link */
  forCode: { token: string; codeId: string }
  forLink: string
  /** whose TOTP and recovery codes they are */
  factors: FactorUser
  /** where the session cookie is, and where the browser's sign-in waits for a factor */
  page: Page
  waitingPage: Page
}

export async function openWorld(gateway: Gateway): Promise<World> {
  const tenant = await browserTenant(gateway, {}, SCOPES)
  const factors = await newFactorUser(gateway, tenant)
  const link = await tenant.issue()
  const code = await tenant.issueCode()
  const session = await signIn(tenant)
  const page = await signedInPage(gateway, tenant)
  const waitingPage = openPage(gateway, tenant.host)
  const { token } = await tenant.issue({ email: factors.email })
  const { body } = await waitingPage.call('POST', '/v1/browser/session', { token })
  await gateway.house.admin.query(
    `UPDATE tenants SET factor_chain = '{totp,otp_email,magic_link}' WHERE id = $1`,
    [tenant.id],
  )
  const forCode = await waitForLast(gateway, tenant, factors.id, '{magic_link,totp}')
  const forLink = await waitForLast(gateway, tenant, factors.id, '{otp_email,totp}')
  const lastCode = await tenant.issueCode({ to: factors.email, mfa_token: forCode })
  const lastLink = await tenant.issue({ email: factors.email, mfa_token: forLink })
  return {
    tenant,
    linkId: link.id,
    codeId: code.id,
    forCode: { token: forCode, codeId: lastCode.id },
    forLink,
    factors,
    page,
    waitingPage,
    secrets: {
      'link token': link.token,
      code: code.code,
      'code of a next factor': lastCode.code,
      'link of a next factor': lastLink.token,
      'refresh token': session.refreshToken,
      'access token': session.accessToken,
      'session cookie': page.cookies.get(SESSION) ?? '',
      'mfa token': (await proveLink(tenant, factors.email)).mfa.token,
      'mfa token of a browser': body.data.mfa.token,
      TOTP: codeOf(factors.secret),
      'recovery code': factors.recoveryCodes[0] ?? '',
      'API key': tenant.key,
    },
  }
}

/** A sign-in that has come as far as the last of its tenant's chain, and the code or link that it waits for. */
async function waitForLast(gateway: Gateway, tenant: Tenant, userId: string, proven: string) {
  const pendingId = randomUUID()
  const mfa = mintMfaToken(gateway.context.pepper, {
    tenantId: tenant.id,
    pendingId,
    random: randomBytes(16),
  })
  await gateway.house.admin.query(
    `INSERT INTO pending_sign_ins (tenant_id, id, user_id, purpose, digest, key_version, amr, user_created, expires_at)
     VALUES ($1, $2, $3, 'sign_in', $4, $5, $6, false, now() + interval '10 minutes')`,
    [tenant.id, pendingId, userId, mfa.digest, mfa.keyVersion, proven],
  )
  return mfa.token
}

/** A place where a secret is shown; everything else that the request needs is genuine, and `world`'s. */
export interface Door {
  name: string
  takes: Kind
  /** What else it takes. */
  alsoTakes?: Kind
  /** What a yes looks like, where it is not any 200. */
  isOpen?(answer: Answer): boolean
  /** Nobody says for whom they ask: the secret does. */
  isOfNoTenant?: true
  knock(gateway: Gateway, world: World, secret: string): Promise<Answer>
}

const post = (url: string, body: (world: World, secret: string) => object): Door['knock'] => {
  return (_gateway, world, secret) => world.tenant.call('POST', url, body(world, secret))
}
const sign = (
  page: 'page' | 'waitingPage',
  body: (world: World, secret: string) => object,
): Door['knock'] => {
  return async (gateway, world, secret) => {
    // A browser that was never here proves what is not tied to one; the other keeps its cookies.
    const browser = page === 'waitingPage' ? world.waitingPage : openPage(gateway, world.tenant.host)
    return browser.call('POST', '/v1/browser/session', body(world, secret))
  }
}
const mfa = (answer: (world: World, secret: string) => object) =>
  post('/v1/mfa/verify', (world, secret) => ({
    mfa_token: world.secrets['mfa token'],
    ...answer(world, secret),
  }))
const totp = (path: string, body: (secret: string) => object): Door['knock'] => {
  return (_gateway, { tenant, factors }, secret) =>
    tenant.call('POST', `/v1/users/${factors.id}/${path}`, body(secret))
}

export const DOORS: readonly Door[] = [
  {
    name: 'verify a link',
    takes: 'link token',
    knock: post('/v1/magic-links/verify', (_, token) => ({ token })),
  },
  {
    name: 'resolve a link',
    takes: 'link token',
    alsoTakes: 'link of a next factor',
    isOfNoTenant: true,
    knock: post('/l/resolve', (_, token) => ({ token })),
  },
  { name: 'a browser’s link', takes: 'link token', knock: sign('page', (_, token) => ({ token })) },
  {
    name: 'verify a code',
    takes: 'code',
    knock: post('/v1/otps/verify', ({ codeId: id }, code) => ({ id, code })),
  },
  {
    name: 'a browser’s code',
    takes: 'code',
    knock: sign('page', ({ codeId: otp_id }, code) => ({ otp_id, code })),
  },
  {
    name: 'refresh',
    takes: 'refresh token',
    knock: post('/v1/sessions/refresh', (_, text) => ({ refresh_token: text })),
  },
  {
    name: 'a browser’s session',
    takes: 'session cookie',
    knock: (_gateway, { page }, secret) => {
      const others = [...page.cookies]
        .filter(([name]) => name !== SESSION)
        .map(([name, value]) => `${name}=${value}`)
      const cookie = [...others, `${SESSION}=${secret}`].join('; ')
      return page.send('POST', '/v1/browser/session/refresh', undefined, { cookie })
    },
  },
  {
    name: 'the next factor’s token',
    takes: 'mfa token',
    knock: post('/v1/mfa/verify', ({ factors }, mfa_token) => ({ mfa_token, code: codeOf(factors.secret) })),
  },
  {
    name: 'the next factor’s token of a browser',
    takes: 'mfa token of a browser',
    knock: sign('waitingPage', ({ factors }, mfa_token) => ({ mfa_token, code: codeOf(factors.secret) })),
  },
  { name: 'the next factor’s code', takes: 'TOTP', knock: mfa((_, code) => ({ code })) },
  {
    name: 'the next factor’s recovery code',
    takes: 'recovery code',
    knock: mfa((_, text) => ({ recovery_code: text })),
  },
  { name: 'disable TOTP by code', takes: 'TOTP', knock: totp('totp/disable', (code) => ({ code })) },
  {
    name: 'the next factor’s mailed code',
    takes: 'code of a next factor',
    knock: post('/v1/mfa/verify', ({ forCode }, code) => ({
      mfa_token: forCode.token,
      otp_id: forCode.codeId,
      code,
    })),
  },
  {
    name: 'the next factor’s link',
    takes: 'link of a next factor',
    knock: post('/v1/mfa/verify', ({ forLink }, token) => ({ mfa_token: forLink, token })),
  },
  {
    name: 'introspection',
    takes: 'access token',
    alsoTakes: 'refresh token',
    isOpen: ({ body }) => body.active === true,
    knock: post('/v1/introspect', (_, token) => ({ token })),
  },
  {
    name: 'a proxy’s question',
    takes: 'access token',
    isOpen: ({ status }) => status === 204,
    knock: (gateway, { tenant }, secret) =>
      gateway.call({ method: 'GET', url: `/v1/forward-auth?tenant=${tenant.id}`, headers: bearer(secret) }),
  },
  {
    name: 'disable TOTP by recovery code',
    takes: 'recovery code',
    knock: totp('totp/disable', (text) => ({ recovery_code: text })),
  },
  {
    name: 'replace TOTP',
    takes: 'TOTP',
    isOpen: ({ status }) => status === 201,
    knock: totp('totp', (code) => ({ code })),
  },
  { name: 'renew recovery codes', takes: 'TOTP', knock: totp('recovery-codes', (code) => ({ code })) },
  {
    name: 'ask as a back end',
    takes: 'API key',
    knock: (gateway, { linkId }, secret) =>
      gateway.call({ method: 'GET', url: `/v1/magic-links/${linkId}`, headers: bearer(secret) }),
  },
]
