// Of the closed list of our metrics (metric-names.ts): what vendors were asked, and what became of messages.

export const DELIVERY_METRICS = {
  deliveryAttempts: {
    name: 'postern_delivery_attempts_total',
    type: 'counter',
    help: 'Calls to vendors, by outcome.',
    labels: ['channel', 'provider', 'outcome'],
  },
  failovers: {
    name: 'postern_delivery_failovers_total',
    type: 'counter',
    help: 'Calls to another vendor than the delivery’s last one, by the vendor that was called.',
    labels: ['channel', 'provider'],
  },
  sendersNotReady: {
    name: 'postern_senders_not_ready_total',
    type: 'counter',
    help: 'Deliveries for which a configured sender was passed over, as its secret or settings cannot be used.',
    labels: ['provider'],
  },
  breakersOpen: {
    name: 'postern_vendor_breakers_open',
    type: 'gauge',
    help: 'Senders that this process does not call, but for a probe, as their vendor failed too often.',
    labels: ['provider'],
  },
  vendorsAsked: {
    name: 'postern_vendor_status_requests_total',
    type: 'counter',
    help: 'Questions to vendors about messages that no receipt told of, by what they answered.',
    labels: ['provider', 'outcome'],
  },
  unreportedOverdue: {
    name: 'postern_vendor_status_overdue_seconds',
    type: 'gauge',
    help: 'How long the vendor of a message that no receipt told of should have been asked already; 0: none has to be.',
    labels: [],
  },
  receipts: {
    name: 'postern_receipts_total',
    type: 'counter',
    help: 'Events that vendors told by verified webhooks, by what came of them: applied, duplicate, ignored, or not placed.',
    labels: ['provider', 'outcome'],
  },
  receiptRefusals: {
    name: 'postern_receipt_refusals_total',
    type: 'counter',
    help: 'Calls of webhooks that were not signed by the vendor, or not lately.',
    labels: ['provider', 'reason'],
  },
  deliveryLatency: {
    name: 'postern_delivery_latency_seconds',
    type: 'histogram',
    help: 'Time from when a message was due until a vendor accepted it.',
    labels: ['channel'],
  },
  deliveriesEnded: {
    name: 'postern_deliveries_ended_total',
    type: 'counter',
    help: 'Deliveries that a worker ended, by status. An alarm watches dead_letter.',
    labels: ['channel', 'status'],
  },
} as const
