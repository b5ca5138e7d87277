// What can be wrong with a template, in our words: where, and what. Neither holds a variable's value.

import type { PartName } from './template-parts.ts'

/** Where in a source, counted from 1, and what is wrong there. Fit to be shown to whoever wrote it. */
export interface Problem {
  readonly part: PartName
  readonly line: number
  readonly column: number
  readonly problem: string
}

/** `variable_missing`: the template uses a variable that was not given. */
export type TemplateErrorCode = 'template_missing' | 'template_failed' | 'variable_missing'

/** The template is missing or failed. The message holds neither its text nor its values. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'
  readonly code: TemplateErrorCode
  /** null: the template is missing. */
  readonly problem: Problem | null
  /** The missing one, as the template names it. */
  readonly variable: string | null

  constructor(code: TemplateErrorCode, problem: Problem | null = null, variable: string | null = null) {
    super(code)
    this.code = code
    this.problem = problem
    this.variable = variable
  }
}
