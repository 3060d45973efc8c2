// When a call is repeated, and after how long.

import { ApiError, ConnectionFailedError, RequestTimeoutError } from "./errors.js";

const STATUSES = new Set([429, 500, 502, 503, 504]);

/** How often and how long a call is tried: see `RetryPolicy` in the types. */
export const DEFAULT_POLICY = Object.freeze({ attempts: 4, baseSeconds: 0.5, capSeconds: 8, totalSeconds: 60 });

/** The policy with what isn't given filled in. Throws `TypeError` for one without bounds. */
export function policyOf(given = {}) {
  const policy = { ...DEFAULT_POLICY, ...given };
  if (!Number.isInteger(policy.attempts) || policy.attempts < 1) throw new TypeError("attempts: at least 1");
  for (const name of ["baseSeconds", "capSeconds", "totalSeconds"]) {
    if (!Number.isFinite(policy[name]) || policy[name] < 0) throw new TypeError(`${name}: a number of seconds, at least 0`);
  }
  return policy;
}

/**
 * Seconds to pause after attempt number `attempt`: what the server asks for, and full jitter on top of it.
 *
 * `drawn` is a random number in [0, 1). Jitter also follows a Retry-After, since all clients are told the same one.
 */
export function backoff(policy, attempt, drawn, retryAfter = null) {
  return (retryAfter ?? 0) + drawn * Math.min(policy.capSeconds, policy.baseSeconds * 2 ** Math.min(attempt - 1, 60));
}

/** Whether another try may go better. */
export function curable(error) {
  if (error instanceof ApiError) return STATUSES.has(error.status);
  return error instanceof ConnectionFailedError || error instanceof RequestTimeoutError;
}

/**
 * Seconds to wait before the call is repeated; null when it must not be.
 *
 * Only reads, and calls with an Idempotency-Key (`keyed`), are ever repeated: of any other the server may have done its
 * part before the answer was lost. `elapsed` is seconds since the first attempt began.
 */
export function pause(policy, { method, keyed, attempt, elapsed, drawn, error }) {
  if (attempt >= policy.attempts || !(method === "GET" || keyed) || !curable(error)) return null;
  const wait = backoff(policy, attempt, drawn, error instanceof ApiError ? error.retryAfter : null);
  return elapsed + wait < policy.totalSeconds ? wait : null;
}
