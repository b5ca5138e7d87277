// What other processes know of a vendor. A hint only: without it each learns for itself.

export interface BreakerHints {
  /** Another process has found this sender's vendor failing. */
  isOpen(key: string): Promise<boolean>
  /** Whether this process may try it now: among all there is one probe a second. */
  mayProbe(key: string): Promise<boolean>
  /** Told and forgotten: nobody waits for it. */
  tell(key: string, isOpen: boolean): void
}

export const noHints: BreakerHints = {
  isOpen: async () => false,
  mayProbe: async () => true,
  tell: () => undefined,
}
