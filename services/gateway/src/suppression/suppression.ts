// An entry of a tenant's suppression list, as answers show it.

import type { Suppression } from '@postern/contracts/http/suppression'
import type { SuppressionRow } from './suppression.store.ts'

export interface ListedSuppressions {
  items: Suppression[]
  next_cursor: string | null
}

export const showSuppression = (row: SuppressionRow): Suppression => ({
  ...row,
  created_at: row.created_at.toISOString(),
})
