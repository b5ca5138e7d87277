// What may happen once on the way of a delivery and of an event, and at their removal.

import type { SingleUse } from './entry.ts'

const NOTIFIER = 'services/notifier'
const GATEWAY = 'services/gateway'
const RELAY = 'packages/db/src/migrations/0005-relay.sql'

export const DELIVERIES: readonly SingleUse[] = [
  {
    name: 'claim of a delivery',
    holds: 'one worker holds it, and three claims that came to nothing are the last',
    columns: ['deliveries.fence', 'deliveries.poisoned'],
    statement: { file: `${NOTIFIER}/src/delivery/claim.store.ts`, function: 'claimDelivery' },
    race: {
      file: `${NOTIFIER}/test/delivery/claim.store.test.ts`,
      title: 'of a hundred claims of one delivery exactly one is granted',
    },
  },
  {
    name: 'receipt of a vendor',
    holds: 'a receipt is applied once, and whoever still held the delivery is fenced',
    columns: ['deliveries.fence'],
    statement: { file: 'packages/db/src/receipt.store.ts', function: 'applyReceipts' },
    race: {
      file: 'packages/db/test/receipt.store.test.ts',
      title: 'of 100 who bring one receipt at once over two pools one applies it',
    },
  },
  {
    name: 'removal from the suppression list',
    holds: 'a recipient is taken off once and told once',
    columns: [],
    statement: {
      file: 'services/gateway/src/suppression/suppression.store.ts',
      function: 'deleteSuppression',
    },
    race: {
      file: 'services/gateway/test/suppression/suppression.test.ts',
      title: 'of 100 who take one recipient off at once one tells it',
    },
  },
  {
    name: 'attempt of a delivery',
    holds: 'two attempts that perhaps were sent are the last',
    columns: [],
    statement: { file: `${NOTIFIER}/src/delivery/attempt.store.ts`, function: 'startAttempt' },
    race: {
      file: `${NOTIFIER}/test/delivery/deliver-sending.ts`,
      title: 'a hundred workers racing on one delivery make one vendor call',
    },
  },
  {
    name: 'hand-over to the queue',
    holds: 'a due delivery gets one job',
    columns: ['deliveries.drive'],
    statement: { file: RELAY, function: 'claim_due' },
    race: {
      file: 'packages/db/test/relay.store.test.ts',
      title: 'a hundred relays at once never hand out a delivery twice',
    },
  },
  {
    name: 'second hand-over',
    holds: 'what the queue lost gets one new job',
    columns: ['deliveries.drive'],
    statement: { file: RELAY, function: 'redrive_lost' },
    race: {
      file: 'packages/db/test/relay.store.test.ts',
      title: 'twenty who drive again what was lost drive it once',
    },
  },
  {
    name: 'end of a delivery’s time',
    holds: 'a delivery ends once, and who held it is fenced',
    columns: ['deliveries.fence'],
    statement: { file: RELAY, function: 'expire_due' },
    race: {
      file: 'packages/db/test/relay.store.test.ts',
      title: 'twenty who end what ran out of time end each once',
    },
  },
  {
    name: 'messages of a tenant to one recipient',
    holds: 'an hour has no more of them than its limit',
    columns: ['identifier_guards.message_sends'],
    statement: {
      file: `${GATEWAY}/src/delivery/create/create-delivery.store.ts`,
      function: 'countedMessages',
    },
    race: {
      file: `${GATEWAY}/test/delivery/create-delivery.test.ts`,
      title: 'of 100 messages to one recipient at once 20 are sent, whatever the plus-tag; it is told once',
    },
  },
  {
    name: 'cancelling of a delivery',
    holds: 'a delivery is cancelled or sent, never both, and cancelled once',
    columns: ['deliveries.fence'],
    statement: { file: `${GATEWAY}/src/delivery/change/cancel-delivery.store.ts`, function: 'cancelHeld' },
    race: {
      file: `${GATEWAY}/test/delivery/delivery.race.test.ts`,
      title:
        'one delivery cancelled, moved and driven again by 100 at once ends one way, each step told once',
    },
  },
  {
    name: 'moving of a delivery in time',
    holds: 'a message goes out at one time, and its link or code moves with it',
    columns: ['deliveries.fence'],
    statement: {
      file: `${GATEWAY}/src/delivery/change/reschedule-delivery.store.ts`,
      function: 'rescheduleHeld',
    },
    race: {
      file: `${GATEWAY}/test/delivery/delivery.race.test.ts`,
      title: 'a link revoked, moved and cancelled by 100 at once blocks nobody and ends one way',
    },
  },
  {
    name: 'second drive of a dead letter',
    holds: 'a dead letter is driven again once, whoever asks',
    columns: ['deliveries.fence'],
    statement: { file: `${GATEWAY}/src/delivery/change/redrive-delivery.store.ts`, function: 'redriveHeld' },
    race: {
      file: `${GATEWAY}/test/delivery/delivery.race.test.ts`,
      title: 'of 100 who drive one dead letter again at once one does',
    },
  },
  {
    name: 'naming of an event',
    holds: 'an event is in one batch',
    columns: [],
    statement: { file: RELAY, function: 'claim_events' },
    race: {
      file: 'packages/db/test/record-events.test.ts',
      title: 'a hundred who ask at once are never named the same event',
    },
  },
  {
    name: 'recording of an event',
    holds: 'an event is in the trail once',
    columns: [],
    statement: { file: RELAY, function: 'record_events' },
    race: {
      file: 'packages/db/test/record-events.test.ts',
      title: 'twenty who record the same events at once, in any order, record each exactly once',
    },
  },
  {
    name: 'daily removal of what has ended',
    holds: 'a row is removed and told once',
    columns: [],
    statement: { file: 'packages/db/src/migrations/0014-retention.sql', function: 'purge_ended' },
    race: {
      file: 'packages/db/test/retention.store.test.ts',
      title: 'twenty who purge at once remove and tell each row once',
    },
  },
]
