// How figures of several rounds are told.

export const thousands = (value: number): string => Math.round(value).toLocaleString('en')

/** NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  const [low, high] = [sorted[half - 1], sorted[half]]
  if (high === undefined) return Number.NaN
  return sorted.length % 2 === 1 || low === undefined ? high : (low + high) / 2
}

/** `2.8 (1.8–3.0)`: the median, the lowest and the highest. */
export function spread(values: readonly number[], write: (value: number) => string): string {
  return `**${write(median(values))} (${write(Math.min(...values))}–${write(Math.max(...values))})**`
}
