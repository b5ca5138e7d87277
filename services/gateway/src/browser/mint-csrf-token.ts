// Makes the CSRF token of one browser.

import type { Random } from '@postern/service-kit/random'
import type { BrowserPlace } from '@postern/token/browser-place'
import { checkCsrfToken, mintCsrfToken } from '@postern/token/csrf-token'
import type { KeyRing } from '@postern/token/key-ring'

export interface CsrfDeps {
  csrf: KeyRing
  random: Random
}

/** A new token of this place; all that it had stay good as long as the place does. */
export const newCsrfToken = ({ csrf, random }: CsrfDeps, place: BrowserPlace): string =>
  mintCsrfToken(csrf, place, random.bytes(16))

/** The token that the browser has, where that is still good; so two tabs do not take it from each other. */
export function keepCsrfToken(deps: CsrfDeps, place: BrowserPlace, held: string | undefined): string {
  return held !== undefined && checkCsrfToken(deps.csrf, place, held) ? held : newCsrfToken(deps, place)
}
