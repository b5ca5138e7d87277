import t from 'tap'
import { calls, mailTo, sendMail, setupSandbox } from '../setup-sandbox.ts'

t.test('every call is told with time, marker, digest and answer, oldest first', async (t) => {
  const now = new Date('2026-11-20T12:00:00.000Z')
  const sandbox = await setupSandbox(t, { clock: { now: () => now } })
  const withMarker = (custom_args: unknown) => ({
    custom_args,
    personalizations: [{ to: [{ email: 'ada@example.com' }] }],
  })
  await sendMail(sandbox, mailTo('ada@example.com'))
  await sendMail(sandbox, mailTo('x@example.com', withMarker({ delivery_id: 'd-2', attempt: 'first' })))
  await sendMail(sandbox, mailTo('x@example.com', withMarker({ other: '1' })))
  await sendMail(sandbox, { custom_args: { delivery_id: 'd-3', attempt: '2' } })
  const all = await calls(sandbox)
  t.match(all, [
    {
      seq: 1,
      provider: 'sendgrid',
      at: now.toISOString(),
      method: 'POST',
      path: '/v3/mail/send',
      marker: { delivery_id: 'delivery of ada@example.com', attempt: 1 },
      body_sha256: /^[0-9a-f]{64}$/,
      accepted: true,
      message_id: /^[\w-]{22}$/,
      fault: null,
      answered: { outcome: 'answer', status: 202, body: '' },
    },
    { seq: 2, marker: { delivery_id: 'd-2', attempt: null } },
    { seq: 3, marker: null },
    {
      seq: 4,
      marker: { delivery_id: 'd-3', attempt: 2 },
      accepted: false,
      message_id: null,
      answered: { status: 400 },
    },
  ])
  t.notMatch(JSON.stringify(all), /SG\.any/, 'no credential is kept')
  t.same((await calls(sandbox, '?provider=sendgrid')).length, 4)
  t.same(await calls(sandbox, '?provider=pigeon'), [])
  t.same(
    (await calls(sandbox, '?delivery_id=d-3')).map(({ seq }) => seq),
    [4],
  )
  const seqs = async (query: string) => (await calls(sandbox, query)).map(({ seq }) => seq)
  t.same(await seqs('?limit=2'), [3, 4], 'the newest, in the ledger’s order')
  t.same(await seqs('?limit=1&delivery_id=d-2'), [2])
  t.equal((await fetch(`${sandbox.url}/calls?limit=0`)).status, 400)
})
