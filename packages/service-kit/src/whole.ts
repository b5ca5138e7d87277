// Work side by side that is waited for as a whole, also where some of it fails.

/** Answers what all answered, or rejects as the first that failed, once all have ended. */
export async function whole<R>(works: readonly Promise<R>[]): Promise<R[]> {
  const failure = (await Promise.allSettled(works)).find((result) => result.status === 'rejected')
  if (failure !== undefined) throw failure.reason
  return Promise.all(works)
}
