// The closed list of error codes. Clients branch on the code; the sentence is public and names no secret.
// `docs/errors.md` documents each one, and a test keeps both lists equal.

export const ERROR_CODES = {
  VALIDATION_FAILED: { status: 400, message: 'The request does not have the required form.' },
  UNAUTHENTICATED: { status: 401, message: 'A valid credential is required.' },
  INVALID_TOKEN: { status: 401, message: 'The token is not valid.' },
  INVALID_CODE: { status: 401, message: 'The code is not right.' },
  TOKEN_EXPIRED: { status: 401, message: 'The token has expired.' },
  TOKEN_USED: { status: 401, message: 'The token was used before.' },
  TOKEN_SUPERSEDED: { status: 401, message: 'A newer token replaced this one.' },
  ATTEMPTS_EXHAUSTED: { status: 401, message: 'The code was tried too often.' },
  SESSION_REVOKED: { status: 401, message: 'The session has ended.' },
  REFRESH_REUSED: { status: 401, message: 'The refresh token was used before; the session has ended.' },
  FORBIDDEN: { status: 403, message: 'The credential does not allow this.' },
  ACCOUNT_DISABLED: { status: 403, message: 'The account is disabled.' },
  EMAIL_NOT_VERIFIED: { status: 403, message: 'The e-mail address is not verified.' },
  CSRF_FAILED: { status: 403, message: 'The CSRF token is missing or does not belong to this session.' },
  FACTOR_NOT_ALLOWED: { status: 403, message: 'The sign-in policy does not allow this factor.' },
  DESTINATION_BLOCKED: { status: 403, message: 'Messages to this destination are blocked.' },
  NOT_FOUND: { status: 404, message: 'There is nothing here.' },
  METHOD_NOT_ALLOWED: { status: 405, message: 'This path does not answer that method.' },
  CONFLICT: { status: 409, message: 'The current state does not allow this.' },
  IDEMPOTENCY_IN_PROGRESS: { status: 409, message: 'A request with this Idempotency-Key is still running.' },
  PAYLOAD_TOO_LARGE: { status: 413, message: 'The body is too large.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, message: 'The content type is not supported.' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, message: 'This Idempotency-Key came before with another body.' },
  RATE_LIMITED: { status: 429, message: 'Too many requests.' },
  IDENTIFIER_LOCKED: { status: 429, message: 'Codes for this identifier are locked for now.' },
  QUOTA_EXCEEDED: { status: 429, message: 'The quota is used up.' },
  INTERNAL: { status: 500, message: 'Something went wrong on our side.' },
  SERVICE_UNAVAILABLE: { status: 503, message: 'The service cannot answer right now. Please try again.' },
} as const satisfies Record<string, { status: number; message: string }>

export type ErrorCode = keyof typeof ERROR_CODES
