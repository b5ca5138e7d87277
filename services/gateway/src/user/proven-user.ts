// The user whose identifier was proven, as the sign-in result tells them.

export interface ProvenUser {
  id: string
  email: string | null
  email_verified_at: Date | null
  phone: string | null
  phone_verified_at: Date | null
  is_active: boolean
  created_at: Date
}
