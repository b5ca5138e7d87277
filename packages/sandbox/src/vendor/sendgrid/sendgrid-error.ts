// SendGrid's error body, and our schema's findings in its form. The sentences are ours; clients read the shape.

import type { TLocalizedValidationError } from 'typebox/error'

export interface SendgridError {
  readonly message: string
  /** Dotted path as `personalizations.0.to`, null when no single field is to blame. */
  readonly field: string | null
  /** An object in the published form, whatever would be in it: never one here. */
  readonly help: null
}

export function fieldError(field: string | null, message: string): SendgridError {
  return { message, field, help: null }
}

export function errorBody(errors: readonly SendgridError[]): string {
  return JSON.stringify({ errors })
}

/** One error a field, in the order of the findings. */
export function errorsOf(findings: readonly TLocalizedValidationError[]): SendgridError[] {
  const byField = new Map<string | null, SendgridError>()
  for (const finding of findings.filter(({ keyword }) => keyword !== 'boolean')) {
    for (const field of fieldsOf(finding)) {
      if (!byField.has(field)) byField.set(field, fieldError(field, sentence(finding)))
    }
  }
  return [...byField.values()]
}

function fieldsOf(finding: TLocalizedValidationError): (string | null)[] {
  const place = finding.instancePath.split('/').slice(1).map(unescapePointer)
  if (finding.keyword === 'required')
    return finding.params.requiredProperties.map((name) => dotted([...place, name]))
  if (finding.keyword === 'additionalProperties') {
    return finding.params.additionalProperties.map((name) => dotted([...place, name]))
  }
  return [dotted(place)]
}

function sentence(finding: TLocalizedValidationError): string {
  switch (finding.keyword) {
    case 'required':
      return 'This parameter is required.'
    case 'additionalProperties':
      return 'This parameter is not part of the API.'
    case 'minLength':
    case 'minItems':
      return 'This parameter must not be empty.'
    case 'format':
      return 'This must be one valid e-mail address.'
    default:
      return `This parameter ${finding.message}.`
  }
}

function dotted(place: readonly string[]): string | null {
  return place.length === 0 ? null : place.join('.')
}

/** RFC 6901. */
function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}
