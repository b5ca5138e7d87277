// The engine's own parts, each paying for what it does: without this a long expression, a long row of branches or a filter in
// a loop would be one step, however much work it is.

import {
  CaseTag,
  type Context,
  defaultOperators,
  type Emitter,
  type FilterImplOptions,
  filters,
  IfTag,
  type Operators,
  UnlessTag,
} from 'liquidjs'

const sizeOf = (value: unknown) => (typeof value === 'string' || Array.isArray(value) ? value.length : 0)

/** One step, and the texts and lists that are looked at. */
function charge(context: Context, ...values: unknown[]): void {
  context.renderLimit.use(1)
  for (const value of values) context.memoryLimit.use(sizeOf(value))
}

type AnyOperator = (...given: unknown[]) => ReturnType<Operators[string]>

export const OPERATORS: Operators = Object.fromEntries(
  Object.entries(defaultOperators).map(([name, operator]) => {
    const charged: AnyOperator = (...given) => {
      // The last one is the context, whether the operator takes one value or two.
      charge(given.at(-1) as Context, ...given.slice(0, -1))
      return (operator as AnyOperator)(...given)
    }
    return [name, charged as Operators[string]]
  }),
)

export type FilterHandler = Extract<FilterImplOptions, (...given: never[]) => unknown>

/** A filter of the engine's by its name. What it makes it charges itself. */
export function chargedFilter(name: string): FilterHandler {
  const handler = (filters as Record<string, FilterImplOptions>)[name] as FilterHandler
  return function (value, ...given) {
    charge(this.context, value)
    return handler.call(this, value, ...given)
  }
}

class ChargedIf extends IfTag {
  override *render(context: Context, emitter: Emitter) {
    context.renderLimit.use(this.branches.length)
    yield* super.render(context, emitter)
  }
}

class ChargedUnless extends UnlessTag {
  override *render(context: Context, emitter: Emitter) {
    context.renderLimit.use(this.branches.length)
    yield* super.render(context, emitter)
  }
}

class ChargedCase extends CaseTag {
  override *render(context: Context, emitter: Emitter) {
    context.renderLimit.use(this.branches.reduce((sum, { values }) => sum + values.length, 0))
    yield* super.render(context, emitter)
  }
}

export const CHARGED_TAGS = { case: ChargedCase, if: ChargedIf, unless: ChargedUnless }
