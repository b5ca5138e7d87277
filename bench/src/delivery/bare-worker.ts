// The peer of the notifier: a BullMQ worker that does nothing but call the vendor, by SendGrid's library as it comes, with a mail of
// about the same size. It knows of no lease, no attempt, no limit and no trail.

import { randomBytes } from 'node:crypto'
import { Agent, createServer } from 'node:http'
import sendgridClient from '@sendgrid/client'
import sendgridMail from '@sendgrid/mail'
import { Queue, Worker } from 'bullmq'

// The modules export their classes beside a shared instance; their types show only the instance.
const { Client } = sendgridClient as unknown as { Client: new () => typeof sendgridClient }
const { MailService } = sendgridMail as unknown as { MailService: new () => typeof sendgridMail }

const { BENCH_BACKLOG, BENCH_CONCURRENCY, BENCH_REDIS_PORT, BENCH_VENDOR, BENCH_PORT } = process.env
const CONCURRENCY = Number(BENCH_CONCURRENCY)

const client = new Client()
client.setApiKey('SG.bare')
const httpAgent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY })
client.setDefaultRequest({ baseUrl: `${BENCH_VENDOR}/`, httpAgent } as never)
const mail = new MailService()
mail.setClient(client)
const message = {
  from: { email: 'bench@example.com', name: 'Bench' },
  subject: 'Sign in to Bench',
  text: 'Sign in. '.repeat(50),
  html: '<p>Sign in</p>'.repeat(150),
}

const name = `bare-${randomBytes(4).toString('hex')}`
const connection = { host: '127.0.0.1', port: Number(BENCH_REDIS_PORT) }
const queue = new Queue(name, { connection, defaultJobOptions: { removeOnComplete: true } })
const jobs = Array.from({ length: Number(BENCH_BACKLOG) }, () => ({
  name,
  data: { id: randomBytes(32).toString('hex') },
}))
for (let at = 0; at < jobs.length; at += 1_000) await queue.addBulk(jobs.slice(at, at + 1_000))
await queue.close()

const worker = new Worker<{ id: string }>(
  name,
  async ({ data }) => void (await mail.send({ ...message, to: { email: `p${data.id}@example.com` } })),
  { connection, concurrency: CONCURRENCY },
)
// Whoever started it waits until it listens.
const server = createServer((_, response) => response.end()).listen(Number(BENCH_PORT), '127.0.0.1')
process.once('SIGTERM', () => {
  server.close()
  void worker.close().then(() => process.exit(0))
})
