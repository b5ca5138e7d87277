// What answers of the routes that prove a link or a code share: what came of it is counted, whoever guessed too often is
// told how long codes wait, and what was committed goes out.

import { AppError } from '@postern/service-kit/app-error'
import type { FastifyReply } from 'fastify'
import { FAILURES_PER_WAIT, FIRST_WAIT_SECONDS } from '../challenge/code-limits.ts'
import type { GatewayContext } from '../context.ts'
import { tellLimit } from './rate-limit-fields.ts'

const FAILURES = { policy: 'failures', quota: FAILURES_PER_WAIT, windowSeconds: FIRST_WAIT_SECONDS }

/** Answers as `answer` does. */
export async function answerProof<R>(
  { metrics, nudge }: GatewayContext,
  kind: 'magic_link' | 'otp',
  reply: FastifyReply,
  answer: () => Promise<R>,
): Promise<R> {
  const count = (outcome: string) => metrics.challengesVerified.add(1, { kind, outcome })
  try {
    const answered = await answer()
    count('verified')
    return answered
  } catch (error) {
    if (error instanceof AppError) count(error.code.toLowerCase())
    if (error instanceof AppError && error.code === 'IDENTIFIER_LOCKED') {
      tellLimit(reply, FAILURES, 0, error.retryAfterSeconds ?? 0)
      metrics.limitHits.add(1, { limit: 'identifier_failures' })
    }
    throw error
  } finally {
    nudge()
  }
}
