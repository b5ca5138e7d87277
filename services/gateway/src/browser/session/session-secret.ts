// What goes into a session's cookie.

export interface SessionSecret {
  /** the session's refresh token; only its digest is stored */
  secret: string
  /** when the session ends unless it is refreshed */
  endsAt: Date
}
