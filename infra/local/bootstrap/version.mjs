// Compares dotted versions by their numbers; what follows the numbers ("-rc.1", "+build") is ignored.

/** @param {string} text e.g. `v24.12.0` @returns {number[]} */
export function parseVersion(text) {
  const found = /(\d+)\.(\d+)\.(\d+)/.exec(text)
  return found ? found.slice(1).map(Number) : [0, 0, 0]
}

/** Whether `version` is `minimum` or newer. @param {string} version @param {string} minimum */
export function isAtLeast(version, minimum) {
  const have = parseVersion(version)
  const need = parseVersion(minimum)
  const differs = have.findIndex((part, at) => part !== need[at])
  return differs === -1 || have[differs] > need[differs]
}
