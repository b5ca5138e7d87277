// Values as messages can show them: whatever the value, it adds no control character, turns no direction of writing and
// hides nothing. Joiners stay: Persian, Hindi and emoji are written with them. Lines stay lines.

import type { Variables } from './template-parts.ts'

const LINE_ENDS = /\r\n?|[\u0085\u2028\u2029]/g
const UNFIT = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu

const fitText = (text: string) => text.replace(LINE_ENDS, '\n').replace(UNFIT, '')

/**
 * A copy without prototypes, its texts fit to be shown. Takes plain data as JSON has it; whatever else is in it becomes
 * nothing, so that a template finds no function and nothing that is ours.
 */
export function fitVariables(variables: Variables): Record<string, unknown> {
  const fit: Record<string, unknown> = Object.create(null)
  for (const [name, value] of Object.entries(variables)) {
    const copy = fitValue(value)
    if (copy !== undefined) fit[name] = copy
  }
  return fit
}

function fitValue(value: unknown): unknown {
  if (typeof value === 'string') return fitText(value)
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (Array.isArray(value)) return value.map((each) => fitValue(each) ?? null)
  return typeof value === 'object' ? fitVariables(value as Variables) : undefined
}

/** Whatever the template did, a subject cannot carry a second header. */
export const oneLine = (subject: string): string => subject.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
