// What may happen once about second factors, and what counts.

import type { SingleUse } from './entry.ts'

const GATEWAY = 'services/gateway'

export const FACTORS: readonly SingleUse[] = [
  {
    name: 'TOTP step',
    holds: 'a step is accepted once, and no earlier one after it',
    columns: ['totp_factors.last_step'],
    statement: { file: `${GATEWAY}/src/factor/totp-factor.store.ts`, function: 'spendStep' },
    race: {
      file: `${GATEWAY}/test/factor/factor.race.test.ts`,
      title: 'of 100 who spend one TOTP step at once over two processes one wins',
    },
  },
  {
    name: 'first code of a TOTP',
    holds: 'a user has one active TOTP, enabled once',
    columns: ['totp_factors.enabled_at', 'totp_factors.last_step'],
    statement: { file: `${GATEWAY}/src/factor/totp-factor.store.ts`, function: 'spendEnabling' },
    race: {
      file: `${GATEWAY}/test/factor/factor.race.test.ts`,
      title: 'of 100 first codes at once over two processes one enables',
    },
  },
  {
    name: 'recovery code',
    holds: 'a recovery code is used once',
    columns: ['recovery_codes.used_at'],
    statement: { file: `${GATEWAY}/src/factor/recovery-code.store.ts`, function: 'spendRecoveryCode' },
    race: {
      file: `${GATEWAY}/test/factor/factor.race.test.ts`,
      title: 'of 100 who spend one recovery code at once over two processes one wins',
    },
  },
  {
    name: 'sign-in that waits for a factor',
    holds: 'one mfa_token opens one session, with one factor spent for it',
    columns: ['pending_sign_ins.consumed_at'],
    statement: { file: `${GATEWAY}/src/factor/pending-sign-in.store.ts`, function: 'completeSignIn' },
    race: {
      file: `${GATEWAY}/test/factor/factor.race.test.ts`,
      title: 'of 100 completions of one sign-in at once over two processes one opens a session',
    },
  },
  {
    name: 'wrong answers to a sign-in',
    holds: 'six are looked at, however many come at once',
    columns: ['pending_sign_ins.failures'],
    statement: { file: `${GATEWAY}/src/factor/pending-sign-in.store.ts`, function: 'completeSignIn' },
    race: {
      file: `${GATEWAY}/test/factor/factor.race.test.ts`,
      title: 'of 100 wrong answers to one sign-in at once six are looked at',
    },
  },
  {
    name: 'wrong second factors of a user',
    holds: 'ten in a row are looked at before the user waits, however many come at once',
    columns: ['factor_guards.failures'],
    statement: { file: `${GATEWAY}/src/factor/factor-guard.store.ts`, function: 'guarded' },
    race: {
      file: `${GATEWAY}/test/factor/factor.race.test.ts`,
      title: 'of 100 wrong codes at once over two processes ten are looked at',
    },
  },
  {
    name: 'end of an identifier’s lock',
    holds: 'two factors end it once, and of nobody who has not proven the identifier',
    columns: [],
    statement: { file: `${GATEWAY}/src/factor/freed-identifiers.store.ts`, function: 'freedIdentifiers' },
    race: {
      file: `${GATEWAY}/test/factor/freed-identifiers.test.ts`,
      title: 'a lock ends once, whoever ends it; failures that locked nothing go on being counted',
    },
  },
]
