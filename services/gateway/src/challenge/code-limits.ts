// How often a code may be guessed. A code has its tries; an identifier has its failures, over all its codes, channels and
// resends, whether it has an account or not.

/** Wrong answers to one code. */
export const TRIES_PER_CODE = 5
/** Wrong answers in a row, after which an identifier waits, and again after as many more. */
export const FAILURES_PER_WAIT = 10
/** The first wait; each further one is twice as long, up to the longest. */
export const FIRST_WAIT_SECONDS = 900
export const LONGEST_WAIT_SECONDS = 3_600
/** Wrong answers in a row, after which codes are off until a link or two factors prove who it is, or the operator unlocks. */
export const FAILURES_AT_MOST = 100
