// I7: what is a tenant's stays the tenant's: its rows, its events, its messages and its secrets.

import type { Evidence, Violation } from './evidence.ts'
import type { File } from './file.ts'

export function judgeTenants(files: readonly File[], { rowsWithoutTenant, intents }: Evidence): Violation[] {
  const violations: Violation[] = files.flatMap((file) =>
    faultsOf(file).map((what) => ({ rule: 'I7' as const, intent: file.intent.key, what })),
  )
  for (const { key, foreignProofs } of intents) {
    if (foreignProofs.includes(200)) {
      violations.push({ rule: 'I7', intent: key, what: 'another tenant proved its secret' })
    }
  }
  if (rowsWithoutTenant > 0) {
    violations.push({ rule: 'I7', intent: null, what: `${rowsWithoutTenant} rows are seen without a tenant` })
  }
  return violations
}

function faultsOf({ intent, challenge, delivery, sessions, events, messages }: File): string[] {
  const { tenant, tenantName } = intent
  const rows = [challenge, delivery, ...sessions, ...events].filter((row) => row !== undefined)
  const foreign = rows.filter((row) => row.tenant !== tenant).length
  const others = messages.filter(({ text }) => !text.includes(tenantName)).length
  return [
    ...(foreign > 0 ? [`${foreign} of its rows are another tenant's`] : []),
    ...(others > 0 ? [`${others} of its messages do not name its tenant`] : []),
  ]
}
