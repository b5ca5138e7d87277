// Every fault of the start is collected and told at once, so that nobody restarts ten times to find ten mistakes.
// A fault names a file or a variable and what it should be; it never holds the value that was found.

/** The start is refused. `faults` holds one sentence each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    const count = faults.length === 1 ? '1 setting or secret is' : `${faults.length} settings or secrets are`
    super(`${count} wrong:\n${faults.map((fault) => `- ${fault}`).join('\n')}`)
    this.faults = Object.freeze([...faults])
  }
}

/** Takes the faults that readers find. A reader answers a stand-in value after it reported one. */
export interface Faults {
  add(fault: string): void
}

/** Where a fault is fatal at once: for readers that are called outside `load`. */
export const refuseAtOnce: Faults = {
  add(fault) {
    throw new ConfigError([fault])
  },
}

/**
 * Runs `read`, which hands `faults` to every reader, and answers its value when no fault was found.
 * @throws ConfigError with all faults. What `read` itself throws after a fault is dropped: it comes from a stand-in.
 */
export function load<T>(read: (faults: Faults) => T): T {
  const found = new Set<string>()
  const faults: Faults = { add: (fault) => void found.add(fault) }
  let value: T | undefined
  try {
    value = read(faults)
  } catch (error) {
    if (error instanceof ConfigError) for (const fault of error.faults) found.add(fault)
    else if (found.size === 0) throw error
  }
  if (found.size > 0) throw new ConfigError([...found])
  return value as T
}
