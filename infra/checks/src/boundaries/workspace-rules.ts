// Who may import whom between workspaces, as docs/architecture.md draws it: services never meet, the ground stands
// alone, and the queue's library has one importer.

import type { Rule } from './rule.ts'

const GROUND = '(?:contracts|token|config|telemetry|template|db)'
const SHIPPED = '^(?:services|packages)/(?!sandbox/|testkit/)[^/]+/src/'
const ANY_WORKSPACE = '^(?:services|packages|infra|e2e|bench|chaos)/'
const npm = (names: string) => `(?:^|/node_modules/)(?:${names})(?:@|/|$)`

export const WORKSPACE_RULES: readonly Rule[] = [
  {
    name: 'services-never-meet',
    instead:
      'Services meet in packages/contracts and in the queue: move what both need into a package, or send a job.',
    from: { path: '^services/([^/]+)/' },
    to: { path: '^services/', pathNot: '^services/$1/' },
    planted: { 'services/gateway/src/breach.ts': ['services/notifier/src/sender/sender.ts'] },
  },
  {
    name: 'services-are-processes',
    instead:
      'A service is started and talked to, never imported: use its HTTP API, or move the piece into a package.',
    from: { path: '^(?:packages|infra|e2e|bench|chaos)/' },
    to: { path: '^services/' },
    planted: { 'e2e/test/breach.ts': ['services/audit/src/app.ts'] },
  },
  {
    name: 'ground-stands-alone',
    instead:
      'A ground package imports no other workspace: take the value as an argument, or move the code to service-kit.',
    from: { path: `^packages/(${GROUND})/src/` },
    to: { path: ANY_WORKSPACE, pathNot: '^packages/$1/' },
    planted: { 'packages/db/src/breach.ts': ['packages/contracts/src/scopes.ts'] },
  },
  {
    name: 'service-kit-stands-on-the-ground',
    instead:
      'service-kit imports ground packages only: what needs the queue belongs into packages/queue or a service.',
    from: { path: '^packages/service-kit/src/' },
    to: { path: ANY_WORKSPACE, pathNot: `^packages/(?:service-kit|${GROUND})/` },
    planted: { 'packages/service-kit/src/breach.ts': ['packages/queue/src/worker.ts'] },
  },
  {
    name: 'queue-stands-on-service-kit',
    instead:
      'queue imports service-kit and ground packages only: what a job does belongs into the service that has it.',
    from: { path: '^packages/queue/src/' },
    to: { path: ANY_WORKSPACE, pathNot: `^packages/(?:queue|service-kit|${GROUND})/` },
    planted: { 'packages/queue/src/breach.ts': ['packages/sandbox/src/app.ts'] },
  },
  {
    name: 'no-test-parts-in-what-ships',
    instead:
      'sandbox and testkit are for tests and local runs: import them from test/, or give the code a port.',
    from: { path: SHIPPED },
    to: { path: '^packages/(?:sandbox|testkit)/' },
    planted: { 'services/gateway/src/breach.ts': ['packages/testkit/src/poll.ts'] },
  },
  {
    name: 'sandbox-stands-outside',
    instead:
      'The sandbox is a stand-in for the outside: it knows packages/contracts and speaks HTTP and SMTP.',
    from: { path: '^packages/sandbox/src/' },
    to: { path: ANY_WORKSPACE, pathNot: '^packages/(?:sandbox|contracts)/' },
    planted: { 'packages/sandbox/src/breach.ts': ['packages/db/src/pool.ts'] },
  },
  {
    name: 'testkit-stays-small',
    instead:
      'testkit imports db and telemetry only: what knows a service belongs into that service’s test folder.',
    from: { path: '^packages/testkit/src/' },
    to: { path: ANY_WORKSPACE, pathNot: '^packages/(?:testkit|db|telemetry)/' },
    planted: { 'packages/testkit/src/breach.ts': ['packages/token/src/seal.ts'] },
  },
  {
    name: 'one-importer-of-bullmq',
    instead:
      'Only packages/queue knows BullMQ (and the bench’s bare worker): use its producer, worker or relay, or add there what is missing.',
    from: { path: ANY_WORKSPACE, pathNot: '^(?:packages/queue/|bench/src/delivery/bare-worker.ts$)' },
    to: { path: npm('bullmq|bullmq-otel') },
    planted: { 'services/notifier/src/delivery/breach.job.ts': ['bullmq'] },
  },
  {
    name: 'one-validator',
    instead:
      'Hold a value to a schema by formOf of packages/service-kit: TypeBox’s own checks are hundreds of modules more at each start.',
    from: { path: SHIPPED },
    to: {
      path: [
        '(?:^|/)typebox/(?:build/)?(?:compile|error|schema|value)(?:/|$)',
        npm('@fastify/(?:type-provider-typebox|ajv-compiler)'),
      ],
      dependencyTypesNot: ['type-only'],
    },
    planted: {
      'services/notifier/src/delivery/breach.ts': [
        'typebox/compile',
        'typebox/schema',
        '@fastify/type-provider-typebox',
      ],
    },
  },
  {
    name: 'loaded-where-needed',
    instead:
      'Not every installation traces or has a Redis: import it with `await import()` where one is configured, or its type alone.',
    from: { path: SHIPPED, pathNot: ['/span-export\\.ts$', '/backend/redis\\.ts$'] },
    to: {
      path: [
        npm('ioredis|@opentelemetry/(?:sdk-trace[a-z-]*|sdk-node|exporter-[a-z-]+|context-async-hooks)'),
        '/span-export\\.ts$',
        '/backend/redis\\.ts$',
      ],
      dependencyTypesNot: ['type-only', 'dynamic-import'],
    },
    planted: {
      'packages/queue/src/breach.ts': [
        'ioredis',
        '@opentelemetry/exporter-prometheus',
        'packages/queue/src/backend/redis.ts',
      ],
    },
  },
  {
    name: 'packages-by-their-name',
    instead:
      'Import another workspace as @postern/<package>/<file>, so that package.json says who needs whom.',
    from: { path: '^(services|packages|infra)/([^/]+)/' },
    to: { path: '^(?:services|packages|infra)/', pathNot: '^$1/$2/', dependencyTypes: ['local'] },
    planted: { 'services/gateway/src/breach.ts': ['packages/token/src/seal.ts'] },
  },
  {
    name: 'tests-look-at-src-only-one-way',
    instead: 'src never imports test: move what both need into src, or into packages/testkit.',
    from: { path: '^(?:services|packages|infra)/[^/]+/src/' },
    to: { path: '^(?:(?:services|packages|infra)/[^/]+/test/|e2e/|bench/|chaos/)' },
    planted: { 'packages/token/src/breach.ts': ['packages/token/test/setup.ts'] },
  },
  {
    name: 'what-ships-is-declared',
    instead:
      'src may use what package.json lists under dependencies: declare it there, pinned, or leave it to the tests.',
    from: { path: SHIPPED },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: '/node_modules/@types/' },
    planted: { 'packages/token/src/breach.ts': ['tap'] },
  },
  {
    name: 'every-import-leads-somewhere',
    instead: 'Nothing is there: correct the path, export the file, or declare the package in package.json.',
    from: {},
    to: { couldNotResolve: true },
    planted: { 'packages/token/src/breach.ts': ['nowhere'] },
  },
  {
    name: 'no-circle',
    instead: 'Two files that need each other hide a third: move what both use below them.',
    from: {},
    to: { circular: true },
    planted: {
      'packages/token/src/breach.ts': ['packages/token/src/other-breach.ts'],
      'packages/token/src/other-breach.ts': ['packages/token/src/breach.ts'],
    },
  },
]
