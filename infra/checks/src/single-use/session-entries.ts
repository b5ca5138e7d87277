// What may happen once to a session and its refresh tokens.

import type { SingleUse } from './entry.ts'

const GATEWAY = 'services/gateway'

export const SESSIONS: readonly SingleUse[] = [
  {
    name: 'refresh token',
    holds: 'one token has one successor, and all who ask in time hear the same',
    columns: ['refresh_tokens.used_at'],
    statement: {
      file: `${GATEWAY}/src/session/refresh/refresh-token.store.ts`,
      function: 'spendRefreshToken',
    },
    race: {
      file: `${GATEWAY}/test/session/refresh/single-use.race.test.ts`,
      title: 'of 100 refreshes at once over two processes one rotates, and all hear its successor',
    },
  },
  {
    name: 'session of a reused refresh token',
    holds: 'a reuse ends the session once and is told once',
    columns: ['sessions.revoked_at'],
    statement: {
      file: `${GATEWAY}/src/session/refresh/refresh-token.store.ts`,
      function: 'spendRefreshToken',
    },
    race: {
      file: `${GATEWAY}/test/session/refresh/single-use.race.test.ts`,
      title: 'of 100 reuses at once after the grace one ends the session and is told',
    },
  },
  {
    name: 'revocation of a session',
    holds: 'a session ends once and is told once',
    columns: ['sessions.revoked_at'],
    statement: { file: `${GATEWAY}/src/session/session.store.ts`, function: 'endSession' },
    race: {
      file: `${GATEWAY}/test/session/list-and-revoke.test.ts`,
      title: 'a session ended by 100 at once is told once',
    },
  },
  {
    name: 'revocation of a user’s sessions',
    holds: 'each session ends once and is told once',
    columns: ['sessions.revoked_at'],
    statement: { file: `${GATEWAY}/src/session/session.store.ts`, function: 'endSessionsOf' },
    race: {
      file: `${GATEWAY}/test/session/list-and-revoke.test.ts`,
      title: 'sessions ended everywhere by 100 at once are told once each',
    },
  },
]
