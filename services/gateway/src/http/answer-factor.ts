// What answers of the second factor's routes share: who waits is told how long, and what was committed goes out.

import { AppError } from '@postern/service-kit/app-error'
import type { FastifyReply } from 'fastify'
import type { GatewayContext } from '../context.ts'
import { WAIT_AFTER, WAIT_MINUTES } from '../factor/factor.ts'
import { tellLimit } from './rate-limit-fields.ts'

const FAILURES = { policy: 'second-factor', quota: WAIT_AFTER, windowSeconds: WAIT_MINUTES[0] * 60 }

/** Answers as `answer` does; a refusal for too many wrong factors gets its fields and is counted. */
export async function answerFactor<R>(
  context: GatewayContext,
  reply: FastifyReply,
  answer: () => Promise<R>,
): Promise<R> {
  try {
    return await answer()
  } catch (error) {
    if (error instanceof AppError && error.code === 'IDENTIFIER_LOCKED') {
      tellLimit(reply, FAILURES, 0, error.retryAfterSeconds ?? 0)
      context.metrics.limitHits.add(1, { limit: 'factor_failures' })
    }
    throw error
  } finally {
    context.nudge()
  }
}
