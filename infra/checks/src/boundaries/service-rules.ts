// The floors inside every service, as docs/architecture.md draws them: main, app, edges (routes and jobs), use cases,
// stores and senders, nouns. An import goes down, and a file's name says which floor it is on.

import type { Rule } from './rule.ts'

const SERVICE = '^services/[^/]+/src/'
/** A file that does something is named for it; every other plain file is a noun. */
const VERBS =
  'accept|add|answer|ask|await|begin|build|cancel|check|choose|claim|clean|close|collect|consume|count|create|deliver|disable|' +
  'emit|enable|end|enrol|erase|expire|export|fetch|find|finish|get|handle|introspect|issue|limit|list|load|look|make|map|mark|match|mint|move|' +
  'open|pick|preview|prove|read|receive|record|redrive|refresh|refuse|register|remove|render|renew|reschedule|resend|reset|resolve|retry|revoke|' +
  'rotate|route|run|search|seal|send|serve|show|sign|start|stop|sweep|take|tell|unlock|update|verify|watch|write'
const ROOT = `${SERVICE}(?:main|app|context|config)\\.ts$`
const EDGE = `${SERVICE}(?:.+\\.(?:route|job|plugin)\\.ts$|http/)`
const STORE = `${SERVICE}.+\\.store\\.ts$`
const SENDER = `${SERVICE}.+\\.sender\\.ts$`
const PLAIN = { path: SERVICE, pathNot: [ROOT, EDGE, STORE, SENDER] }
const NOUN = { path: SERVICE, pathNot: [ROOT, EDGE, STORE, SENDER, `/(?:${VERBS})(?:-|\\.ts$)`] }

const npm = (names: string) => `(?:^|/node_modules/)(?:${names})(?:@|/|$)`
const HTTP = npm('fastify|@fastify')
const SQL = npm('kysely|pg|pg-[a-z-]+')
const VENDORS = npm('@sendgrid|twilio|@aws-sdk|nodemailer')
const QUEUE = '^packages/queue/'

export const SERVICE_RULES: readonly Rule[] = [
  {
    name: 'nothing-imports-main',
    instead: 'main.ts is the process: what others need belongs into app.ts, context.ts or a file of its own.',
    from: { path: '^services/' },
    to: { path: `${SERVICE}main\\.ts$` },
    planted: { 'services/gateway/src/breach.ts': ['services/gateway/src/main.ts'] },
  },
  {
    name: 'only-main-builds-the-app',
    instead: 'app.ts wires the service and is built by main.ts (and by tests): import the piece itself.',
    from: { path: SERVICE, pathNot: `${SERVICE}main\\.ts$` },
    to: { path: `${SERVICE}app\\.ts$` },
    planted: { 'services/gateway/src/breach.route.ts': ['services/gateway/src/app.ts'] },
  },
  {
    name: 'only-app-knows-the-edges',
    instead:
      'Routes and jobs are registered by name in app.ts: what another file needs of one belongs into its use case.',
    from: { path: SERVICE, pathNot: `${SERVICE}app\\.ts$` },
    to: { path: `${SERVICE}.+\\.(?:route|job)\\.ts$` },
    planted: { 'services/gateway/src/context.ts': ['services/gateway/src/breach.route.ts'] },
  },
  {
    name: 'edges-call-use-cases',
    instead: 'A route or job turns schema into domain and back: let a <verb-noun>.ts call the store.',
    from: { path: EDGE },
    to: { path: STORE },
    planted: { 'services/gateway/src/breach.route.ts': ['services/gateway/src/breach.store.ts'] },
  },
  {
    name: 'edges-know-no-sql-and-no-vendor',
    instead:
      'A route or job turns schema into domain and back: statements belong into *.store.ts, vendors into *.sender.ts.',
    from: { path: EDGE },
    to: { path: [SENDER, SQL, VENDORS] },
    planted: { 'services/gateway/src/breach.route.ts': ['kysely'] },
  },
  {
    name: 'edges-take-the-context-as-a-type',
    instead: 'Take the context as an argument and import its type only: main.ts and the tests build it.',
    from: { path: EDGE },
    to: { path: `${SERVICE}context\\.ts$`, dependencyTypesNot: ['type-only'] },
    planted: { 'services/gateway/src/breach.route.ts': ['services/gateway/src/context.ts'] },
  },
  {
    name: 'use-cases-know-no-edge',
    instead:
      'A use case takes its parts as arguments: HTTP belongs into *.route.ts, *.plugin.ts or http/, a job’s form into ' +
      '*.job.ts, and the composition into context.ts.',
    from: PLAIN,
    to: {
      path: [HTTP, `${SERVICE}http/`, `${SERVICE}.+\\.plugin\\.ts$`, `${SERVICE}(?:context|config)\\.ts$`],
    },
    planted: { 'services/gateway/src/issue-breach.ts': ['fastify'] },
  },
  {
    name: 'no-queue-below-the-edges',
    instead:
      'The commit is the promise and the relay does the rest: only jobs, app.ts, context.ts and main.ts know the queue.',
    from: { path: SERVICE, pathNot: [ROOT, `${SERVICE}.+\\.job\\.ts$`] },
    to: { path: QUEUE },
    planted: { 'services/gateway/src/issue-breach.ts': ['packages/queue/src/producer.ts'] },
  },
  {
    name: 'sql-lives-in-stores',
    instead:
      'Write the statement as a function of a *.store.ts, with its connection or transaction as first argument.',
    from: { path: SERVICE, pathNot: [STORE, ROOT, EDGE] },
    to: { path: SQL },
    planted: { 'services/gateway/src/issue-breach.ts': ['kysely'] },
  },
  {
    name: 'stores-know-no-wire',
    instead:
      'A store answers rows in the noun’s words: let its use case or route give them the form of the wire.',
    from: { path: STORE },
    to: { path: '^packages/contracts/src/http/' },
    planted: { 'services/gateway/src/breach.store.ts': ['packages/contracts/src/http/tenant.ts'] },
  },
  {
    name: 'stores-know-rows-only',
    instead:
      'A store runs statements: HTTP, the queue, vendors and the configuration stay with those who call it.',
    from: { path: STORE },
    to: { path: [HTTP, QUEUE, EDGE, SENDER, ROOT] },
    planted: { 'services/gateway/src/breach.store.ts': ['fastify'] },
  },
  {
    name: 'senders-know-their-vendor-only',
    instead: 'A sender speaks to one vendor through its port: rows and jobs are the use case’s.',
    from: { path: SENDER },
    to: { path: ['^packages/db/', QUEUE, SQL, STORE, ROOT, EDGE] },
    planted: { 'services/notifier/src/sender/breach.sender.ts': ['packages/db/src/pool.ts'] },
  },
  {
    name: 'vendors-behind-a-sender',
    instead: 'Only <vendor>.sender.ts imports a vendor’s library: add a function to the sender’s port.',
    from: { path: SERVICE, pathNot: SENDER },
    to: { path: VENDORS },
    planted: { 'services/notifier/src/delivery/deliver-breach.ts': ['@sendgrid/mail'] },
  },
  {
    name: 'nouns-hold-values-and-rules',
    instead:
      'A noun is values and rules: let a use case (<verb-noun>.ts) bring what it needs from stores, senders and packages.',
    from: NOUN,
    to: { path: ['^packages/db/', STORE, SENDER, npm('ioredis')] },
    planted: { 'services/gateway/src/breach.ts': ['services/gateway/src/breach.store.ts'] },
  },
  {
    name: 'context-is-below-the-routes',
    instead: 'context.ts builds the parts from the config: routes and jobs are wired in app.ts.',
    from: { path: `${SERVICE}context\\.ts$` },
    to: { path: [EDGE, `${SERVICE}(?:app|main)\\.ts$`] },
    planted: { 'services/gateway/src/context.ts': ['services/gateway/src/http/breach.ts'] },
  },
  {
    name: 'settings-are-read-in-one-file',
    instead:
      'Settings and secrets are read in the service’s config.ts: take the value from there, through context.ts.',
    from: { path: SERVICE, pathNot: `${SERVICE}config\\.ts$` },
    to: {
      path: '^packages/config/src/(?:setting|setting-values|secrets|environment)\\.ts$',
      dependencyTypesNot: ['type-only'],
    },
    planted: { 'services/gateway/src/breach.ts': ['packages/config/src/setting.ts'] },
  },
]
