// Renders within bounds that count work and never time, so that what is too much here is too much on any machine.

import { Context, type Emitter, type Liquid, type Template, toValueSync } from 'liquidjs'

/** Nodes, branches, operators and filters that one rendering may come by, each turn of a loop anew. */
const MAX_STEPS = 10_000
/** Characters and list items that filters, ranges and escaping may work on. */
const MAX_MEMORY = 1_000_000

/** A bound was reached; the message says which, and is fit to be shown. */
export class LimitError extends Error {
  override readonly name = 'LimitError'
}

class Count {
  readonly #problem: string
  #left: number

  constructor(problem: string, limit: number) {
    this.#problem = problem
    this.#left = limit
  }

  use(count: number): void {
    if (count > 0) this.#left -= count
    if (this.#left < 0) throw new LimitError(this.#problem)
  }
}

class BoundedOutput implements Emitter {
  buffer = ''
  readonly #characters: Count

  constructor(limit: number) {
    this.#characters = new Count(`becomes longer than ${limit} characters`, limit)
  }

  write(value: unknown): void {
    const text = textOf(value)
    this.#characters.use(text.length)
    this.buffer += text
  }
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.map(textOf).join('')
  if (typeof value === 'object') throw new LimitError('prints something that is no text')
  return String(value)
}

type Limiters = NonNullable<ConstructorParameters<typeof Context>[3]>

/** @throws {LimitError} wrapped by the engine's own error, which tells where; or that error alone */
export function renderBounded(engine: Liquid, templates: Template[], scope: object, limit: number): string {
  const steps = new Count('takes too many steps', MAX_STEPS)
  const memory = new Count('works on too much text', MAX_MEMORY)
  // The engine asks its limiters these two questions and no more; its own one for rendering reads the clock.
  const limiters = {
    renderLimit: { check: () => steps.use(1), use: (count: number) => steps.use(count) },
    memoryLimit: { check: () => undefined, use: (count: number) => memory.use(count) },
  } as unknown as Limiters
  const context = new Context(scope, engine.options, { sync: true }, { ...limiters, liquid: engine })
  const output = new BoundedOutput(limit)
  toValueSync(engine.renderer.renderTemplates(templates, context, output))
  return output.buffer
}
