// What stops a start: the message is one sentence for the person at the terminal, and no stack follows it.

export class SetupError extends Error {
  override name = 'SetupError'
}

/** The sentence of anything thrown. Faults of files and sockets name what they were about. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, path } = error as NodeJS.ErrnoException
  const meanings: Record<string, string> = {
    EACCES: 'this account may not use it',
    EPERM: 'this account may not use it',
    EROFS: 'the disk is read-only',
    ENOSPC: 'the disk is full',
    ENOTDIR: 'a part of the path is not a folder',
    EISDIR: 'it is a folder',
    ENOENT: 'it is missing',
  }
  const meaning = code === undefined ? undefined : meanings[code]
  return meaning !== undefined && path !== undefined ? `${path} cannot be used: ${meaning}.` : error.message
}
