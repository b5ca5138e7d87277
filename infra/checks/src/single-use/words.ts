// How columns are named that mark what happened once, count, or only go forward.

const MARK = /^(?:consumed|used|spent|superseded|revoked|redeemed|claimed|rotated|ended|enabled)_at$/
const COUNTER = /^(?:sends|tries|attempts|failures|uses|drive|fence|poisoned|\w+_count|count_\w+)$/
const FORWARD = /^last_(?:\w+_)?(?:step|index|counter|sequence|number)$/

export const isMarkName = (name: string): boolean => MARK.test(name)
export const isCounterName = (name: string): boolean => COUNTER.test(name)
/** A number that may only grow, and is given, not counted: the step of a TOTP. */
export const isForwardName = (name: string): boolean => FORWARD.test(name)
