// Twilio's error body. Codes are Twilio's own, the sentences ours; clients read codes.
// Source: https://www.twilio.com/docs/api/errors

import type { VendorAnswer } from '../vendor-double.ts'

export function twilioError(status: number, code: number, message: string): VendorAnswer {
  const more_info = `https://www.twilio.com/docs/errors/${code}`
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code, message, more_info, status }),
    accepted: false,
    messageId: null,
    messages: [],
  }
}

/** What Twilio says by a status alone. */
export function statusError(status: number, errorCode?: string | number): VendorAnswer {
  const [code, message] = BY_STATUS[status] ?? [status >= 500 ? 20500 : 20001, 'The request failed.']
  return twilioError(status, errorCode === undefined ? code : Number(errorCode), message)
}

const BY_STATUS: Readonly<Record<number, readonly [code: number, message: string]>> = {
  401: [20003, 'The account or its token is wrong.'],
  403: [20403, 'The account may not do this.'],
  404: [20404, 'There is no such resource.'],
  405: [20004, 'The resource does not take this method.'],
  413: [20413, 'The request is too large.'],
  415: [20415, 'The request is not a form.'],
  429: [20429, 'There are too many requests at a time.'],
  503: [20503, 'The service is not available.'],
}
