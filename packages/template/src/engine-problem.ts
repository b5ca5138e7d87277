// What the engine's errors mean, in our words. It quotes the template, and with it perhaps a value: nothing of that is
// passed on but names that stand in the template itself.

import { LiquidError, UndefinedVariableError } from 'liquidjs'
import { LimitError } from './bounded-render.ts'
import { TemplateError } from './template-error.ts'
import type { PartName } from './template-parts.ts'

const NAME = /^[A-Za-z_][A-Za-z0-9_.[\]-]{0,63}$/
const quoted = (name = '') => (NAME.test(name) ? `“${name}”` : 'of this name')

/** By what the engine says. */
const MEANINGS: readonly (readonly [RegExp, (name: string | undefined) => string])[] = [
  [/^undefined filter: (\S*)/, (name) => `there is no filter ${quoted(name)} here`],
  [/^tag "(\S*)" not found/, (name) => `there is no tag ${quoted(name)} here, or it stands alone`],
  [/^tag .* not closed/s, () => 'this tag is not closed'],
  [/^output .* not closed/s, () => 'this output is not closed'],
  [/^raw .* not closed/s, () => 'this raw block is not closed'],
  [/^unexpected elsif|^duplicated else|^unexpected "/, () => 'this tag does not belong here'],
  [/expect 2 arguments/, () => 'a filter here wants an argument'],
]

/** Reading and rendering fail in the same words. */
export function templateErrorOf(part: PartName, thrown: unknown): TemplateError {
  // The engine descends as deep as the template does.
  if (thrown instanceof RangeError) return failed(part, 1, 1, 'is nested too deeply')
  if (!(thrown instanceof LiquidError)) return failed(part, 1, 1, 'cannot be rendered')
  const [line = 1, column = 1] = thrown.token.getPosition()
  if (thrown instanceof UndefinedVariableError) {
    const text = thrown.token.getText()
    const variable = NAME.test(text) ? text : null
    const problem = `the variable ${quoted(text)} is not there`
    return new TemplateError('variable_missing', { part, line, column, problem }, variable)
  }
  const cause = thrown.originalError
  if (cause instanceof LimitError) return failed(part, line, column, cause.message)
  if (cause instanceof RangeError) return failed(part, line, column, 'is nested too deeply')
  return failed(part, line, column, meaningOf(cause?.message ?? thrown.message))
}

export const failed = (part: PartName, line: number, column: number, problem: string): TemplateError =>
  new TemplateError('template_failed', { part, line, column, problem })

function meaningOf(message: string): string {
  for (const [pattern, say] of MEANINGS) {
    const found = pattern.exec(message)
    if (found !== null) return say(found[1])
  }
  return 'this cannot be read as Liquid'
}
