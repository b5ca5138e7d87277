// A user, as their row tells them and as answers show them.

import type { User } from '@postern/contracts/http/sign-in-result'

export interface ProvenUser {
  id: string
  email: string | null
  email_verified_at: Date | null
  phone: string | null
  phone_verified_at: Date | null
  is_active: boolean
  created_at: Date
}

export const showUser = (user: ProvenUser): User => ({
  id: user.id,
  email: user.email,
  email_verified_at: user.email_verified_at?.toISOString() ?? null,
  phone: user.phone,
  phone_verified_at: user.phone_verified_at?.toISOString() ?? null,
  is_active: user.is_active,
  created_at: user.created_at.toISOString(),
})
