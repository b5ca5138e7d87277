// What an API key may do. Each route names exactly one scope.

export const SCOPES = [
  'challenges:write',
  'challenges:verify',
  'users:read',
  'users:write',
  'sessions:read',
  'sessions:write',
  'deliveries:read',
  'deliveries:write',
  'audit:read',
] as const

export type Scope = (typeof SCOPES)[number]
