// The logger of every process: one JSON object a line on standard output, each passed through redact.ts, whatever the caller gave.

import { isSpanContextValid, trace } from '@opentelemetry/api'
import pino, { type DestinationStream, type Logger as PinoLogger } from 'pino'
import { maskSecrets, scrub, scrubFields } from './redact.ts'

export type Logger = PinoLogger
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface LoggerOptions {
  service: string
  /** `info` unless told. */
  level?: LogLevel
  /** Standard output unless told; tests give their own. */
  destination?: DestinationStream
}

/** Makes a logger whose lines carry no secret: fields by name, texts by pattern, errors without foreign messages. */
export function createLogger({ service, level = 'info', destination }: LoggerOptions): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: traceFields,
    serializers: { err: (error: unknown) => error },
    formatters: {
      level: (label) => ({ level: label }),
      bindings: scrubFields,
    },
    hooks: {
      logMethod(args, method) {
        method.apply(this, tame(args) as Parameters<typeof method>)
      },
      streamWrite: maskSecrets,
    },
  }
  // Written at once: pino's own default hands lines to a thread, and the last ones are lost when the process exits.
  const logger = pino(options, destination ?? pino.destination({ fd: 1, sync: true }))
  return scrubChildren(logger)
}

/** Lines written inside a traced request name its trace. */
function traceFields(): object {
  const context = trace.getActiveSpan()?.spanContext()
  return context && isSpanContextValid(context) ? { trace_id: context.traceId } : {}
}

/**
 * Everything is scrubbed before pino touches it. pino would take an error's message as the line's own when there is
 * none, call getters while merging, and print whole objects for %o.
 */
function tame(args: unknown[]): unknown[] {
  const [first, ...rest] = args
  if (typeof first !== 'object' || first === null) return args.map(flat)
  const fields = scrub(first instanceof Error ? { err: first } : first)
  const named =
    typeof fields === 'object' && fields !== null && !Array.isArray(fields) ? fields : { value: fields }
  const message = rest.length === 0 && 'err' in named ? ['failed'] : rest.map(flat)
  return [named, ...message]
}

/** What may stand in a message: texts and numbers, the class of an error, a plain object without its secrets. */
function flat(value: unknown): unknown {
  return value instanceof Error ? (value.constructor?.name ?? 'Error') : scrub(value)
}

/** pino drops a parent's formatter of bindings in its children, so each child gets it again. */
function scrubChildren(logger: Logger): Logger {
  const child = logger.child
  logger.child = function scrubbedChild(this: Logger, bindings: pino.Bindings, options?: object) {
    return child.call(this, scrubFields(bindings), options as never)
  } as typeof logger.child
  return logger
}
