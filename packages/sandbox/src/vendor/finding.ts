// The first thing that a schema finds wrong, as one plain sentence: for vendors whose errors are a sentence.

import type { TLocalizedValidationError } from 'typebox/error'

export function sentenceOf(findings: readonly TLocalizedValidationError[]): string {
  const [finding] = findings.filter(({ keyword }) => keyword !== 'boolean')
  if (finding === undefined) return 'The body is not in the right form.'
  const place = finding.instancePath.replaceAll('/', '.').slice(1)
  const named =
    finding.keyword === 'additionalProperties' ? ` (${finding.params.additionalProperties.join(', ')})` : ''
  return `${place === '' ? 'The body' : place} ${finding.message}${named}.`
}
