// What `npm test` was asked for: `npm test [-- --chaos]`, or `npm test -- file …`.
import { SetupError } from '../setup-error.ts'
import type { WholeRun } from './test-files.ts'

export interface TestArguments extends WholeRun {
  /** Files, as they were typed; none: all of them. */
  readonly names: string[]
}

/** @throws {SetupError} with a sentence for whoever typed it */
export function parseTestArguments(argv: string[]): TestArguments {
  const names = argv.filter((argument) => !argument.startsWith('-'))
  const options = argv.filter((argument) => argument.startsWith('-'))
  const unknown = options.find((option) => option !== '--chaos')
  if (unknown !== undefined) throw refused(`There is no option ${unknown}.`)
  if (options.length > 0 && names.length > 0) throw refused('--chaos goes with no file.')
  return { chaos: options.length > 0, names }
}

const refused = (why: string) => new SetupError(`${why} Usage: npm test [-- --chaos], or npm test -- file …`)
