// The demo's sign-ins, newest kept: what its server side knows, and no secret of it.

import { Newest } from '../newest.ts'

export interface SignedIn {
  readonly user_id: string
  readonly email: string | null
  readonly created: boolean
  readonly purpose: string
  /** Null while a second factor is missing, and for purposes that open no session. */
  readonly session: { readonly id: string; readonly amr: readonly string[]; readonly acr: string } | null
  readonly second_factor_required: boolean
}

export interface SignIn {
  readonly id: string
  /** Null for a sign-in that came in by a link which this demo had not asked for. */
  readonly email: string | null
  readonly challenge_id: string | null
  readonly delivery_id: string | null
  readonly expires_at: string | null
  readonly started_at: string
  signed_in: SignedIn | null
}

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
