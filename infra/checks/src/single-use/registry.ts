// The registry: everything that may happen once, or that counts. Each changes by one guarded statement, and has a test in
// which many try at once. A store that changes such a column without an entry here fails the check.

import { DELIVERIES } from './delivery-entries.ts'
import type { SingleUse } from './entry.ts'
import { FACTORS } from './factor-entries.ts'
import { SESSIONS } from './session-entries.ts'

const GATEWAY = 'services/gateway'

/** Columns that are named like a counter and never change, with the reason. */
export const WRITTEN_ONCE: Readonly<Record<string, string>> = {
  'attempts.fence': 'which claim of its delivery an attempt was made under',
}

export const REGISTRY: readonly SingleUse[] = [
  {
    name: 'magic link',
    holds: 'one link opens one session',
    columns: ['challenges.consumed_at'],
    statement: { file: `${GATEWAY}/src/challenge/spend-challenge.store.ts`, function: 'spendParts' },
    race: {
      file: `${GATEWAY}/test/challenge/single-use.race.test.ts`,
      title: 'of 100 verifies at once over two processes one opens a session',
    },
  },
  {
    name: 'one-time code',
    holds: 'one code opens one session',
    columns: ['challenges.consumed_at'],
    statement: { file: `${GATEWAY}/src/challenge/spend-challenge.store.ts`, function: 'spendParts' },
    race: {
      file: `${GATEWAY}/test/challenge/verify-otp.race.test.ts`,
      title: 'of 100 right codes at once over two processes one opens a session',
    },
  },
  {
    name: 'tries of a code',
    holds: 'a code is compared five times at most',
    columns: ['challenges.tries'],
    statement: { file: `${GATEWAY}/src/challenge/spend-challenge.store.ts`, function: 'spendParts' },
    race: {
      file: `${GATEWAY}/test/challenge/verify-otp.race.test.ts`,
      title: 'of 100 wrong codes at once over two processes exactly five are compared',
    },
  },
  {
    name: 'failures of an identifier',
    holds: 'ten wrong codes in a row make an identifier wait, over all its codes',
    columns: ['identifier_guards.failures'],
    statement: { file: `${GATEWAY}/src/challenge/identifier-guard.store.ts`, function: 'countedGuards' },
    race: {
      file: `${GATEWAY}/test/challenge/verify-otp.race.test.ts`,
      title: 'of 100 wrong codes at once over 25 challenges of one identifier exactly ten are compared',
    },
  },
  {
    name: 'step-up of a session',
    holds: 'a session has one live refresh token, whoever raises or refreshes it',
    columns: ['refresh_tokens.used_at'],
    statement: { file: `${GATEWAY}/src/session/raise-session.store.ts`, function: 'raiseParts' },
    race: {
      file: `${GATEWAY}/test/session/raise-session.test.ts`,
      title: 'of 100 step-ups of one session at once each draws one token, and one token lives',
    },
  },
  {
    name: 'claim of an account',
    holds: 'an account has one first owner, and what was there before ends once',
    columns: ['sessions.revoked_at', 'pending_sign_ins.consumed_at'],
    statement: { file: `${GATEWAY}/src/user/claim-user.store.ts`, function: 'claimParts' },
    race: {
      file: `${GATEWAY}/test/user/claim-user.test.ts`,
      title: 'two identifiers of one unproven account proven at once get two accounts',
    },
  },
  {
    name: 'user of an address',
    holds: 'one address has one user',
    columns: [],
    statement: { file: `${GATEWAY}/src/challenge/consume-challenge.store.ts`, function: 'consumeChallenge' },
    race: {
      file: `${GATEWAY}/test/challenge/verify-magic-link.test.ts`,
      title: 'two first links of one address proven at once make one user',
    },
  },
  {
    name: 'live challenge of an identifier and purpose',
    holds: 'a newer link leaves no older link live, a newer code no older code',
    columns: ['challenges.superseded_at'],
    statement: {
      file: `${GATEWAY}/src/challenge/issue/issue-challenge.store.ts`,
      function: 'insertChallenge',
    },
    race: {
      file: `${GATEWAY}/test/challenge/issue/issue.race.test.ts`,
      title: 'of 100 codes of one identifier at once over two gateways five are sent and one is live',
    },
  },
  {
    name: 'sends of an identifier',
    holds: 'a window has no more sends than its limit',
    columns: ['identifier_guards.sends'],
    statement: { file: `${GATEWAY}/src/challenge/issue/count-sends.store.ts`, function: 'judgedSends' },
    race: {
      file: `${GATEWAY}/test/challenge/issue/issue-magic-link.test.ts`,
      title: 'of 100 issues at once five are sent, whatever the plus-tag; the first refusal is told once',
    },
  },
  {
    name: 'proofs of an address sent',
    holds: 'an hour has no more of them than its limit',
    columns: ['identifier_guards.verify_sends'],
    statement: { file: `${GATEWAY}/src/challenge/issue/count-sends.store.ts`, function: 'judgedSends' },
    race: {
      file: `${GATEWAY}/test/challenge/issue/issue.race.test.ts`,
      title: 'of 100 proofs of an address asked for at once the hour has five, whatever else was sent',
    },
  },
  {
    name: 'revocation of a link',
    holds: 'a link is revoked or used, never both, and its end is told once',
    columns: ['challenges.revoked_at'],
    statement: { file: `${GATEWAY}/src/challenge/challenge.store.ts`, function: 'revokeChallenge' },
    race: {
      file: `${GATEWAY}/test/challenge/revoke-magic-link.test.ts`,
      title: 'a link verified and revoked at once, by many, ends one way and tells it once',
    },
  },
  {
    name: 'revocation of an API key',
    holds: 'a key is revoked once and told once',
    columns: ['api_keys.revoked_at'],
    statement: { file: `${GATEWAY}/src/tenant/api-key.store.ts`, function: 'revokeApiKey' },
    race: {
      file: `${GATEWAY}/test/tenant/tenant.test.ts`,
      title: 'a key revoked by many at once is told once',
    },
  },
  {
    name: 'end of a disabled user’s sessions',
    holds: 'disabling ends each session once, and no session opens beside it',
    columns: ['sessions.revoked_at'],
    statement: { file: `${GATEWAY}/src/user/change-user.store.ts`, function: 'changeUser' },
    race: {
      file: `${GATEWAY}/test/user/disable-user.race.test.ts`,
      title:
        'a user disabled while a hundred links are proven has no live session, and each that opened is told ended',
    },
  },
  {
    name: 'end of a tenant’s sessions',
    holds: 'disabling ends each session once, and told once',
    columns: ['sessions.revoked_at'],
    statement: { file: `${GATEWAY}/src/tenant/tenant.store.ts`, function: 'changeTenant' },
    race: {
      file: `${GATEWAY}/test/tenant/disable-tenant.test.ts`,
      title: 'a tenant disabled by many at once ends each session once',
    },
  },
  {
    name: 'Idempotency-Key',
    holds: 'one key makes one intent',
    columns: [],
    statement: { file: `${GATEWAY}/src/idempotency/idempotency.store.ts`, function: 'tryClaim' },
    race: {
      file: `${GATEWAY}/test/idempotency/run-once.test.ts`,
      title: '100 requests with one key at once make one intent',
    },
  },
  ...FACTORS,
  ...SESSIONS,
  ...DELIVERIES,
  {
    name: 'version of a template',
    holds: 'who names the version that he replaces overwrites no other, and each version is written once',
    columns: [],
    statement: { file: `${GATEWAY}/src/template/template.store.ts`, function: 'writeVersion' },
    race: {
      file: `${GATEWAY}/test/template/template.test.ts`,
      title: 'of forty who replace the same version at once one does; the rest are told',
    },
  },
]
