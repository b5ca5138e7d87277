// Issues links and codes that a page asks for, by the use cases of the API. What a page may name beyond an address is its
// own: the session of its cookie, and a sign-in that waits in this browser.

import type { BrowserMagicLinkBody, BrowserOtpBody } from '@postern/contracts/http/browser'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { BrowserCaller } from '@postern/service-kit/caller'
import type { KeyRing } from '@postern/token/key-ring'
import type { IssueResult } from '../../challenge/issue/issue-challenge.ts'
import { issueMagicLink } from '../../challenge/issue/issue-magic-link.ts'
import { issueOtp } from '../../challenge/issue/issue-otp.ts'
import type { IssueDeps } from '../../challenge/issue/make-challenge.ts'
import { findSession } from '../session/find-session.ts'
import { untieMfaToken } from '../session/tied-sign-in.ts'

export type IssueForPageDeps = IssueDeps & { csrf: KeyRing }

/** @throws AppError UNAUTHENTICATED for a step-up without a session, INVALID_TOKEN for another browser's sign-in; else as the API */
export async function issueLinkForPage(
  deps: IssueForPageDeps,
  run: TenantRun,
  caller: BrowserCaller,
  { body, codeChallenge }: { body: BrowserMagicLinkBody; codeChallenge: string | undefined },
): Promise<IssueResult> {
  const asked = await ownOf(deps, run, caller, body)
  return issueMagicLink(deps, run, caller.tenant, {
    ...asked,
    email: body.email,
    redirectUrl: body.redirect_url,
    codeChallenge,
  })
}

/** @throws as `issueLinkForPage` does */
export async function issueCodeForPage(
  deps: IssueForPageDeps,
  run: TenantRun,
  caller: BrowserCaller,
  body: BrowserOtpBody,
): Promise<IssueResult> {
  const asked = await ownOf(deps, run, caller, body)
  return issueOtp(deps, run, caller.tenant, { ...asked, channel: body.channel, to: body.to })
}

async function ownOf(
  { csrf }: IssueForPageDeps,
  run: TenantRun,
  caller: BrowserCaller,
  body: Pick<BrowserOtpBody, 'purpose' | 'mfa_token' | 'locale' | 'create_user'>,
) {
  const { purpose = 'sign_in', mfa_token, locale, create_user: createUser = true } = body
  const live = purpose === 'step_up' ? await findSession(run, caller) : undefined
  if (purpose === 'step_up' && live === undefined)
    throw new AppError('UNAUTHENTICATED', { reason: 'no live session to raise' })
  return {
    purpose,
    sessionId: live?.id,
    mfaToken: mfa_token === undefined ? undefined : untieMfaToken(csrf, caller, mfa_token),
    locale,
    createUser,
    // For back ends alone.
    metadata: {},
    sendAt: undefined,
  }
}
