// How often something may fail although so few failures were seen.

/**
 * The upper end of the one-sided 95 % interval of a share, exact (Clopper and Pearson 1934). Without failures it is
 * 1 − 0.05^(1/n), of which "three divided by n" is the rule of thumb.
 * @param failures of `trials`, both whole numbers, failures ≤ trials
 * @returns a share from 0 to 1
 */
export function upperBound(failures: number, trials: number): number {
  if (trials === 0 || failures >= trials) return 1
  let low = failures / trials
  let high = 1
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2
    if (atMost(failures, trials, middle) > 0.05) low = middle
    else high = middle
  }
  return high
}

/** The chance of at most `failures` in `trials`, where each fails with chance `share`. */
function atMost(failures: number, trials: number, share: number): number {
  let sum = 0
  let logChoose = 0
  for (let k = 0; k <= failures; k += 1) {
    if (k > 0) logChoose += Math.log((trials - k + 1) / k)
    sum += Math.exp(logChoose + k * Math.log(share) + (trials - k) * Math.log1p(-share))
  }
  return sum
}
