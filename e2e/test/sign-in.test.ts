// A person's sign-in through the processes that `npm start` starts, on both queues: from the curl that the banner shows
// to the last event of the trail; two gateways; gateways that die; secrets that stay where they belong.

import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@postern/testkit/free-port'
import { until } from '@postern/testkit/poll'
import { testRedis } from '@postern/testkit/redis'
import t, { type Test } from 'tap'
import { adminDatabase, embeddedUrl, one } from '../src/admin-database.ts'
import { temporaryFolder } from '../src/checkout.ts'
import { type House, startHouse } from '../src/house.ts'
import { Client, codeIn, freshEmail, freshPhone, linkIn, tokenIn } from '../src/postern.client.ts'
import { rawPost } from '../src/raw-request.ts'
import { startSingle } from '../src/single-process.ts'
import { houseSecrets, misuse, shown } from '../src/spread-secrets.ts'
import { everyFile, everyRedisKey, everyRow, findings, type Kept } from '../src/stored-secrets.ts'
import { kindsOf, trailOf, untilRecorded } from '../src/trail.ts'

const CHAIN = [
  'challenge.issued',
  'delivery.queued',
  'delivery.attempted',
  'delivery.accepted',
  'challenge.verified',
  'user.created',
  'session.opened',
]

type Queue = 'Postgres' | 'Redis'
type Rig = Awaited<ReturnType<typeof setup>>

async function setup(t: Test, queue: Queue) {
  const redis = queue === 'Redis' ? await testRedis(t) : undefined
  // The most talkative level there is: secrets are in no line of any.
  const env = { POSTERN_LOG_LEVEL: 'trace', ...PATIENT }
  const house = await startHouse(t, { env, ...(redis && { redisUrl: redis.url }) })
  return { queue, house, redis, client: new Client(house.dev), admin: adminDatabase(t, embeddedUrl(house)) }
}

// A race of 100 on a slow machine is about who wins, not about who is turned away.
const PATIENT = { POSTERN_GATEWAY_DATABASE_WAIT: '20s' }

for (const queue of ['Postgres', 'Redis'] as const) {
  t.test(`the queue is on ${queue}`, async (t) => {
    const rig = await setup(t, queue)
    await t.test('the curl of the banner, the mail, the sign-in: every step is in the trail, once', (t) =>
      tour(t, rig),
    )
    await t.test('a code by SMS, which its site alone is offered, and one by mail each sign in, once', (t) =>
      codes(t, rig),
    )
    await t.test('no header changes where the mailed link leads', (t) => foreignHost(t, rig))
    await t.test('a gateway killed right after its 202: the mail still arrives, once', (t) =>
      killAfterCommit(t, rig),
    )
    await t.test('of 100 verifies at once over two gateways one opens a session', (t) => race(t, rig))
    await t.test('no secret is in a row, in the queue, in a file or in what is shown', (t) =>
      searchSecrets(t, rig),
    )
  })
}

async function tour(t: Test, { queue, house, client, admin }: Rig) {
  t.match(house.output(), new RegExp(`queue +on ${queue}`))
  const { url, init } = bannersCurl(house)
  const answer = await fetch(url, init)
  t.equal(answer.status, 202)
  const { data } = (await answer.json()) as { data: { id: string; delivery: { id: string } } }
  const mail = await client.mail('ada@example.com')
  t.ok(linkIn(mail).startsWith(`${house.dev.gateway}/l#`), 'the link leads to the gateway')
  const link = { id: data.id, deliveryId: data.delivery.id }
  t.same(kindsOf(await trailOf({ client, admin }, link)), CHAIN.slice(0, 4), 'before the click')

  const signedIn = await client.verify(tokenIn(mail))
  t.equal(signedIn.status, 200)
  t.match(signedIn.body.data, {
    created: true,
    purpose: 'sign_in',
    user: { email: 'ada@example.com' },
    session: { token_type: 'Bearer', amr: ['magic_link'] },
    mfa: null,
  })
  const trail = await trailOf({ client, admin }, link)
  t.same(kindsOf(trail).toSorted(), CHAIN.toSorted(), 'each exactly once')
  t.ok(trail.every(({ outcome }) => outcome === 'success'))
  t.ok(trail.every(({ tenant_id }) => tenant_id === house.dev.tenant_id))
  t.equal((await client.vendorCalls(link.deliveryId)).length, 1)
  t.equal((await client.verify(tokenIn(mail))).body.error?.code, 'TOKEN_USED')
}

/** The command in the banner, as a person would copy it. */
function bannersCurl(house: House) {
  const [, url = '', authorization = '', type = '', body = ''] =
    /curl -s (\S+) \\\s+-H '(.+?)' \\\s+-H '(.+?)' \\\s+-d '(.+?)'/.exec(house.output()) ?? []
  const headers = [authorization, type].map((header) => header.split(': ') as [string, string])
  return { url, init: { method: 'POST', headers, body } }
}

async function codes(t: Test, { house, client, admin }: Rig) {
  const phone = freshPhone()
  const email = freshEmail()
  for (const [channel, to, provider, field] of [
    ['sms', phone, 'twilio', 'phone'],
    ['email', email, 'sendgrid', 'email'],
  ] as const) {
    const { status, body } = await client.askCode(channel, to, { locale: 'de' })
    t.equal(status, 202, channel)
    const message = await client.mail(to)
    t.match(message, { channel, provider, to })
    const code = codeIn(message)
    if (channel === 'sms')
      t.equal(message.text.split('\n').at(-1), `@${new URL(house.dev.sandbox).hostname} #${code}`)
    const signedIn = await client.verifyCode(body.data.id, code)
    t.equal(signedIn.status, 200, channel)
    const user = { [field]: to, [`${field}_verified_at`]: /.+/ }
    t.match(signedIn.body.data, { created: true, user, session: { amr: [`otp_${channel}`] }, mfa: null })
    t.equal((await client.verifyCode(body.data.id, code)).status, 401, 'a second time')
    const trail = await trailOf({ client, admin }, { id: body.data.id, deliveryId: body.data.delivery.id })
    const kinds = kindsOf(trail).filter((kind) => kind !== 'challenge.refused')
    t.same(kinds.toSorted(), CHAIN.toSorted(), 'each exactly once')
    t.equal((await client.mails(to)).length, 1)
  }
}

async function foreignHost(t: Test, { house, client }: Rig) {
  const email = freshEmail()
  const evil = {
    host: 'evil.example',
    forwarded: 'host=evil.example;proto=https',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    origin: 'https://evil.example',
  }
  const headers = { authorization: `Bearer ${house.dev.api_key}`, ...evil }
  t.equal(await rawPost(`${house.dev.gateway}/v1/magic-links`, headers, { email }), 202)
  const mail = await client.mail(email)
  t.ok(linkIn(mail).startsWith(`${house.dev.gateway}/l#`))
  t.notMatch(JSON.stringify(mail), /evil/)
}

async function killAfterCommit(t: Test, { house, client }: Rig) {
  // Its own relay never reaches a queue: whatever arrives, another process has relayed.
  const secretsDir = join(temporaryFolder(t), 'secrets')
  cpSync(join(house.dataDir, 'services/gateway'), secretsDir, { recursive: true, dereference: true })
  writeFileSync(join(secretsDir, 'queue-url'), `redis://127.0.0.1:${await freePort()}`, { mode: 0o600 })
  const doomed = await startSingle(t, house, 'gateway', { secretsDir })
  await doomed.listening()
  const email = freshEmail()
  const link = await new Client({ ...house.dev, gateway: doomed.url }).issue(email)
  await doomed.end('SIGKILL')
  t.equal((await client.verify(tokenIn(await client.mail(email)))).status, 200)
  t.equal((await client.vendorCalls(link.deliveryId)).length, 1)
}

async function race(t: Test, { house, client, admin }: Rig) {
  const second = await startSingle(t, house, 'gateway', { env: PATIENT })
  await second.ready()
  const email = freshEmail()
  const link = await client.issue(email)
  const token = tokenIn(await client.mail(email))
  const both = [client, new Client({ ...house.dev, gateway: second.url })]
  const answers = await Promise.all(Array.from({ length: 100 }, (_, turn) => both[turn % 2]?.verify(token)))
  const codes = answers.map((answer) => answer?.body.error?.code ?? answer?.status)
  t.equal(codes.filter((code) => code === 200).length, 1)
  t.equal(
    codes.filter((code) => code === 'TOKEN_USED').length,
    99,
    `${codes.filter((code) => code !== 'TOKEN_USED')}`,
  )
  const count = 'SELECT count(*)::int AS n FROM sessions WHERE challenge_id = $1'
  t.same(await one(admin, count, [link.id]), { n: 1 })
  const kinds = kindsOf(await trailOf({ client, admin }, link)).filter((kind) => kind !== 'challenge.refused')
  t.same(kinds.toSorted(), CHAIN.toSorted(), 'one sign-in in the trail')
  await second.end('SIGTERM')
}

/** Unusual, but an address; its case is kept for the mail alone. */
const EMAIL = "O'Canary.{4711}+a/b=c~tag@Sub-Domain.Example.COM"

async function searchSecrets(t: Test, { house, redis, client, admin }: Rig) {
  const stored = async () => [...(await everyRow(admin)), ...(redis ? await everyRedisKey(redis.url) : [])]
  house.signal('notifier', 'SIGSTOP')
  const { deliveryId } = await client.issue(EMAIL)
  const queued = async () => {
    const kept = (await stored()).filter(({ where }) => /bullmq|Redis/.test(where))
    return findings({ job: deliveryId }, kept).length > 0 && stored()
  }
  const whileItWaits = await until(queued, { deadlineMs: 30_000, what: 'the job in the queue' })
  await client.fault({ mode: 'status', status: 401, times: 1 })
  house.signal('notifier', 'SIGCONT')

  const token = tokenIn(await client.mail(EMAIL))
  await misuse(client, house, token)
  const signedIn = await client.verify(token)
  t.equal(signedIn.status, 200)
  const { access_token = '', refresh_token = '' } = signedIn.body.data.session ?? {}
  await misuse(client, house, refresh_token)
  await client.verify(token)
  await untilRecorded(admin)
  await admin.query('CHECKPOINT')

  const secrets = { ...houseSecrets(house), token, access_token, refresh_token }
  const files = everyFile(house.dataDir)
  const logs = files.filter(({ where }) => where.startsWith('logs/'))
  const open = await shown(house)
  t.same(findings(secrets, [...whileItWaits, ...(await stored())]), [], 'in no row and no key')
  t.same(findings(secrets, files), [], 'in no file, Postgres’ own and the logs included')
  t.same(findings(secrets, open), [], 'in nothing that is shown')
  t.same(findings({ EMAIL, lowered: EMAIL.toLowerCase() }, [...logs, ...open]), [], 'the address neither')

  const found = (what: string, kept: Kept[]) => findings({ it: what }, kept).join('\n')
  t.match(found(deliveryId, logs), /notifier/, 'the search finds what is in a log')
  t.match(found(EMAIL, await stored()), /public\.challenges/, 'and in a row')
  t.match(found(EMAIL, files), /postgres\/cluster\/base/, 'and in a file of Postgres')
  t.ok(found(token, [{ where: 'bytes', content: Buffer.from(token, 'base64url') }]), 'and as bytes')
}
