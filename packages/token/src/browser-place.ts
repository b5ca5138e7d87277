// Where something is good that a page may hold: in one browser, of one tenant.

/** The cookie that tells one browser from another; before a sign-in it says nothing but that. */
export interface BrowserCookie {
  readonly kind: 'session' | 'visitor'
  readonly value: string
}

/** What is tied to it is worth nothing elsewhere. The tenant's id is a UUID. */
export interface BrowserPlace {
  readonly tenantId: string
  readonly cookie: BrowserCookie
}
