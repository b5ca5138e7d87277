// What stops the first step; the message is a sentence for the person at the terminal, and no stack follows.
export class BootstrapError extends Error {
  name = 'BootstrapError'
}
