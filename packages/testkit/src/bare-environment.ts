// What a process under test inherits, and nothing else of what a person or whoever runs the tests has set.

/** Where programs are, and what Node compiled before: without that a service takes half as long again to start. */
export function bareEnvironment(): Record<string, string> {
  const { PATH = '', NODE_COMPILE_CACHE } = process.env
  return NODE_COMPILE_CACHE === undefined ? { PATH } : { PATH, NODE_COMPILE_CACHE }
}
