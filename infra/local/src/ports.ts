// Which port is whose, counted from the base; and whether all of them are free.
import { isPortFree } from '@postern/testkit/free-port'
import { SetupError } from './setup-error.ts'

export const portOffsets = { gateway: 0, notifier: 1, audit: 2, sandbox: 3, postgres: 4, smtp: 5 } as const
export const lastOffset = 5

export type PortOwner = keyof typeof portOffsets
export type Ports = Record<PortOwner, number>

export function portsFrom(base: number): Ports {
  const pairs = Object.entries(portOffsets).map(([name, offset]) => [name, base + offset])
  return Object.fromEntries(pairs) as Ports
}

/** @throws {SetupError} naming every port that somebody else listens on. */
export async function refuseTakenPorts(ports: Partial<Ports>): Promise<void> {
  const looks = await Promise.all(
    Object.entries(ports).map(async ([owner, port]) => ({ owner, port, free: await isPortFree(port) })),
  )
  const taken = looks.filter(({ free }) => !free).map(({ owner, port }) => `${port} (${owner})`)
  if (taken.length === 0) return
  const which = taken.length === 1 ? `Port ${taken[0]} is taken` : `Ports ${taken.join(', ')} are taken`
  throw new SetupError(`${which}. Stop what listens there, or choose other ports with --port-base.`)
}
