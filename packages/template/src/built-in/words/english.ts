// The built-in messages in English, the language that everything falls back to.

import type { Words } from './words.ts'

const MINUTES = '{{ minutes }} {% if minutes == 1 %}minute{% else %}minutes{% endif %}'

export const english: Words = {
  language: 'en',
  magicLink: {
    title: 'Sign in to {{ tenant_name }}',
    button: 'Sign in',
    openThis: 'Open this link to sign in:',
    works: `It works once, and for ${MINUTES} after it was sent.`,
    buttonWorks: `The button works once, and for ${MINUTES} after it was sent.`,
    copyThis: 'If the button does nothing, copy this address into your browser:',
    notForOthers:
      'Do not forward this message or show it to anyone: whoever has the link can sign in as you. {{ tenant_name }} will never ask you for it.',
    notYou: 'You did not ask for this? Then ignore it. Nobody can sign in without the link.',
  },
  otp: {
    title: 'Your code for {{ tenant_name }}',
    works: `Type it where you were asked for it. It works once, and for ${MINUTES} after it was sent.`,
    notForOthers:
      'Do not tell anyone this code: whoever has it can pass as you. Nobody from {{ tenant_name }} will ever call or write to ask for it.',
    notYou: 'You did not ask for this? Then ignore it. Nothing happens without the code.',
  },
  otpSms: '{{ code }} is your code for {{ tenant_name }}. Do not tell it to anyone.',
  notice: {
    from: 'This message was sent to you by {{ tenant_name }}.',
    sms: '{{ tenant_name }}: {{ title }}\n{{ body }}',
  },
}
