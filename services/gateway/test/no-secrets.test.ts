// Secrets pushed through every flow and every refusal appear in no table, no log line and no answer but the one they
// are meant for.

import t from 'tap'
import { browserTenant, openPage, SESSION } from './browser/browser-page.ts'
import { codeOf, proveLink, SCOPES, secretBytes, wrongCodeOf } from './factor/factor-user.ts'
import {
  bearer,
  eventsOf,
  freshEmail,
  mailedPayload,
  newTenant,
  openGateway,
  openHouse,
  operator,
  type Tenant,
} from './setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)

async function everyRow(): Promise<string> {
  const { rows: tables } = await house.admin.query(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'bullmq')`,
  )
  const dumps = []
  for (const { name } of tables) {
    const { rows } = await house.admin.query(`SELECT t::text AS row FROM ${name} t`)
    dumps.push(...rows.map(({ row }) => row as string))
  }
  return dumps.join('\n')
}

/** The secret as it is, and as the raw bytes it stands for. */
const spellings = (secret: string) => [
  secret,
  Buffer.from(secret, 'base64url').toString('hex'),
  Buffer.from(secret).toString('hex'),
]

/** Shows a session's tokens wherever they may be shown, and where they may not; answers all that there were. */
async function useSession(tenant: Tenant, session: { refresh_token: string; access_token: string }) {
  const { refresh_token, access_token } = session
  const refreshed = await tenant.call('POST', '/v1/sessions/refresh', { refresh_token })
  const next = refreshed.body.data.session
  const tokens: string[] = [refresh_token, access_token, next.refresh_token, next.access_token]
  for (const token of tokens) {
    await tenant.call('POST', '/v1/introspect', { token })
    await tenant.call('POST', '/v1/introspect', { token, extra: token })
    await tenant.call('POST', '/v1/sessions/refresh', { refresh_token: `${token.slice(0, -1)}_` })
    for (const query of [`tenant=${tenant.id}`, `tenant=${token}`, `tenant=${tenant.id}&acr=${token}`]) {
      await gateway.call({ method: 'GET', url: `/v1/forward-auth?${query}`, headers: bearer(token) })
    }
    await tenant.call('DELETE', `/v1/sessions/${token}`)
    await tenant.call('GET', `/v1/users/${tenant.id}/sessions?cursor=${token}`)
  }
  return tokens
}

t.test('tokens, keys and addresses leave no trace outside the sealed column', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  // The secret behind `pk_<12 characters>_`, which may hold that very character.
  const secrets: string[] = [tenant.key, tenant.key.slice(16), house.adminKey]
  for (const purpose of ['sign_in', 'verify_email', 'onboarding']) {
    const { token } = await tenant.issue({ email, purpose })
    secrets.push(token)
    await gateway.call({ method: 'POST', url: '/l/resolve', payload: { token } })
    await tenant.call('POST', '/v1/magic-links/verify', { token: `${token.slice(0, -1)}_` })
    await tenant.call('POST', '/v1/magic-links/verify', { token, extra: token })
    await gateway.call({ method: 'GET', url: `/l?postern_token=${token}` })
    const { body } = await tenant.call('POST', '/v1/magic-links/verify', { token })
    if (body.data.session) secrets.push(...(await useSession(tenant, body.data.session)))
    await tenant.call('POST', '/v1/magic-links/verify', { token })
  }
  await operator(gateway, 'POST', '/v1/tenants', {
    name: secrets[0],
    slug: 'NOT A SLUG',
    allowed_redirects: [secrets[3]],
  })
  await gateway.call({
    method: 'GET',
    url: `/v1/magic-links/${secrets[3]}`,
    headers: { authorization: `Bearer ${secrets[3]}` },
  })

  const dump = await everyRow()
  const log = gateway.logs.text()
  t.ok(log.length > 1_000 && dump.length > 1_000, 'there is something to search')
  for (const secret of secrets) {
    for (const spelling of spellings(secret)) {
      t.notOk(dump.includes(spelling), 'not in the database')
      t.notOk(log.includes(spelling), 'not in the log')
    }
  }
  t.notOk(log.includes(email), 'no address in the log')
  const told = JSON.stringify(await eventsOf(gateway, tenant.id))
  t.notOk(told.includes(email), 'no address in the trail')
})

t.test('second factors leave no trace either', async (t) => {
  const tenant = await newTenant(gateway, SCOPES, { policy: { chain: ['totp'] } })
  const { user, mfa } = await proveLink(tenant, freshEmail())
  const post = (path: string, body: object) => tenant.call('POST', `/v1/users/${user.id}/${path}`, body)
  const secrets: string[] = [mfa.token]
  const { secret, otpauth_url, qr_svg } = (await post('totp', { mfa_token: mfa.token })).body.data
  const codes = [codeOf(secret, -1), codeOf(secret), wrongCodeOf(secret)]
  await post('totp/enable', { code: codes[2], mfa_token: mfa.token })
  const enabled = (await post('totp/enable', { code: codes[1], mfa_token: mfa.token, extra: mfa.token }))
    .status
  t.equal(enabled, 400)
  const { recovery_codes, sign_in } = (await post('totp/enable', { code: codes[1], mfa_token: mfa.token }))
    .body.data
  secrets.push(
    secret,
    otpauth_url,
    qr_svg,
    secretBytes(secret).toString('hex'),
    secretBytes(secret).toString('base64'),
  )
  secrets.push(...recovery_codes, ...recovery_codes.map((code: string) => code.replaceAll('-', '')))
  secrets.push(sign_in.session.refresh_token, sign_in.session.access_token)
  const again = (await proveLink(tenant, user.email)).mfa.token
  secrets.push(again)
  for (const answer of [
    { code: codes[1] },
    { recovery_code: recovery_codes[1].slice(2) },
    { recovery_code: recovery_codes[0] },
  ]) {
    await tenant.call('POST', '/v1/mfa/verify', { mfa_token: again, ...answer })
  }
  await post('totp/disable', { recovery_code: recovery_codes[2] })

  const [dump, log] = [await everyRow(), gateway.logs.text()]
  const told = JSON.stringify(await eventsOf(gateway, tenant.id))
  for (const spelling of secrets.flatMap(spellings)) {
    t.notOk(dump.includes(spelling) || log.includes(spelling), 'not in the database, not in the log')
  }
  // Six digits may stand anywhere by chance (in a UUID, a time): in the trail of this one tenant they are looked for as words.
  for (const code of codes) t.notMatch(told, new RegExp(`\\b${code}\\b`))
})

t.test('the search finds what it looks for', async (t) => {
  const tenant = await newTenant(gateway)
  const { token, deliveryId } = await tenant.issue()
  await house.admin.query('UPDATE deliveries SET template = $1 WHERE id = $2', [token, deliveryId])
  t.ok((await everyRow()).includes(token))
  t.match((await mailedPayload(gateway, deliveryId)).link, token)
})

t.test('a browser’s cookies leave no trace, wherever a page or a person puts them', async (t) => {
  const tenant = await browserTenant(gateway)
  const page = openPage(gateway, tenant.host)
  const email = freshEmail()
  const secrets = new Set<string>()
  const remember = () => {
    for (const value of page.cookies.values()) secrets.add(value)
  }
  await page.call('POST', '/v1/browser/magic-links', { email })
  remember()
  const { token } = await tenant.issue({ email })
  await page.call('POST', '/v1/browser/session', { token })
  remember()
  await page.call('POST', '/v1/browser/session/refresh')
  remember()
  t.equal(secrets.size, 6, 'a visitor, two sessions, and the token of each')
  for (const secret of secrets) {
    await page.send('GET', `/v1/browser/session?session=${secret}`)
    await page.send('GET', `/v1/browser/${secret}`)
    await page.send('POST', '/v1/browser/session', { token: secret })
    await page.send('POST', '/v1/browser/session', { mfa_token: secret, code: '123456' })
    await page.send('POST', '/v1/browser/otps', { channel: 'email', to: `${secret}${secret}@example.com` })
    await page.send('POST', '/v1/browser/session/refresh', undefined, { 'x-csrf-token': secret })
    await page.send('GET', '/v1/browser/csrf', undefined, { host: secret, origin: `https://${secret}` })
    const asked = { cookie: `${SESSION}=${secret}`, 'x-original-method': secret, 'x-csrf-token': secret }
    const url = `/v1/forward-auth?tenant=${tenant.id}`
    await gateway.call({ method: 'GET', url, headers: asked })
  }
  await page.call('DELETE', '/v1/browser/session')
  const [dump, log] = [await everyRow(), gateway.logs.text()]
  for (const spelling of [...secrets].flatMap(spellings)) {
    t.notOk(dump.includes(spelling) || log.includes(spelling), 'not in the database, not in the log')
  }
})
