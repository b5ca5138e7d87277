// The demo's sign-ins, newest kept: what its server side knows, and no secret of it.

import { Newest } from '../newest.ts'

export type SignInMethod = 'link' | 'code'

export interface SignedIn {
  readonly user_id: string
  /** The user's address, else their number. */
  readonly name: string | null
  readonly created: boolean
  readonly purpose: string
  /** Null while a second factor is missing, and for purposes that open no session. */
  readonly session: { readonly id: string; readonly amr: readonly string[]; readonly acr: string } | null
  readonly second_factor_required: boolean
}

export interface SignIn {
  readonly id: string
  readonly method: SignInMethod
  /** The address or number; null for a sign-in that came in by a link which this demo had not asked for. */
  readonly to: string | null
  readonly challenge_id: string | null
  readonly delivery_id: string | null
  readonly expires_at: string | null
  readonly started_at: string
  signed_in: SignedIn | null
}

/** A number begins with a plus and has no at sign. */
export const channelOf = (to: string): 'email' | 'sms' =>
  to.startsWith('+') && !to.includes('@') ? 'sms' : 'email'

const MAX_SIGN_INS = 1_000

export class SignInStore {
  readonly #signIns = new Newest<SignIn>({ maxCount: MAX_SIGN_INS })

  add(signIn: SignIn): void {
    this.#signIns.add(signIn)
  }

  find(id: string): SignIn | undefined {
    return this.#signIns.oldestFirst().find((signIn) => signIn.id === id)
  }
}
