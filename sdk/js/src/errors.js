// What can go wrong, as types. No text in here ever holds the caller's credential.

import { readRetryAfter } from "./retry-after.js";

export const UNEXPECTED = "UNEXPECTED_ANSWER";
const MASK = "[credential]";
const MESSAGE_CHARACTERS = 1_000;

/** Everything that this package throws about a call derives from it. */
export class ScanfleetError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** There was no answer, or only a part of one: refused, broken off, or not verifiable (TLS). */
export class ConnectionFailedError extends ScanfleetError {}

/** The answer didn't come, or didn't go on, in time. */
export class RequestTimeoutError extends ScanfleetError {}

/** A success that doesn't look as the API's contract says, or is larger than this client takes. */
export class UnexpectedAnswerError extends ScanfleetError {}

/** A scan hadn't ended when the time to wait for it was over. It goes on; `scanId` is what to ask for later. */
export class WaitTimeoutError extends ScanfleetError {
  constructor(scanId, seconds, options) {
    super(`Scan ${scanId} has not ended within ${seconds} s; it goes on.`, options);
    this.scanId = scanId;
  }
}

/** A webhook's message that can't be trusted; `reason` is `malformed`, `mismatch` or `expired`. */
export class SignatureError extends ScanfleetError {
  constructor(reason, message) {
    super(message);
    this.reason = reason;
  }
}

/** The service answered with an error; the properties are those of the contract's envelope. */
export class ApiError extends ScanfleetError {
  constructor({ status, code, message, param = null, retryAfter = null, requestId = null }) {
    super(message);
    Object.assign(this, { status, code, param, retryAfter, requestId });
  }

  get kind() {
    return "api";
  }

  toString() {
    const extra = [];
    if (this.param !== null) extra.push(`param ${this.param}`);
    if (this.retryAfter !== null) extra.push(`retry after ${this.retryAfter} s`);
    if (this.requestId !== null) extra.push(`request ${this.requestId}`);
    return `${this.name}: ${this.status} ${this.code}: ${this.message}${extra.length ? ` (${extra.join(", ")})` : ""}`;
  }
}

/** 400, 405, 413, 415 and other 4xx: the request itself is wrong; `param` names the field. */
export class InvalidRequestError extends ApiError {
  get kind() {
    return "invalid_request";
  }
}

/** 401: no credential, or one that isn't valid. */
export class AuthenticationError extends ApiError {
  get kind() {
    return "authentication";
  }
}

/** 403: the credential doesn't allow it. */
export class PermissionDeniedError extends ApiError {
  get kind() {
    return "permission";
  }
}

/** 404. */
export class NotFoundError extends ApiError {
  get kind() {
    return "not_found";
  }
}

/** 409: the state forbids it. */
export class ConflictError extends ApiError {
  get kind() {
    return "conflict";
  }
}

/** 429: a limit is used up; `retryAfter` says for how long. */
export class RateLimitError extends ApiError {
  get kind() {
    return "rate_limit";
  }
}

/** 5xx: the service, or something before it, has a problem. */
export class ServerError extends ApiError {
  get kind() {
    return "server";
  }
}

const BY_STATUS = new Map([
  [401, AuthenticationError],
  [403, PermissionDeniedError],
  [404, NotFoundError],
  [409, ConflictError],
  [429, RateLimitError],
]);

function typeOf(status) {
  if (status < 400) return ApiError;
  if (status >= 500) return ServerError;
  return BY_STATUS.get(status) ?? InvalidRequestError;
}

/** The text without the credential. */
export function masked(text, credential) {
  return credential ? text.replaceAll(credential, MASK) : text;
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The parsed text if it is a JSON object, else an empty one. */
export function parsedObject(text) {
  try {
    const value = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** What to say of an answer that isn't this API's. */
function stranger(status, headers) {
  const location = headers.get("Location");
  if (status < 400 && location !== null) {
    const where = /^https?:\/\//.test(location) ? location.split("/", 3).join("/") : "another path";
    return `The server redirects to ${where}; redirects aren't followed: give the client the address to use.`;
  }
  return `The server answered ${status} with something else than this API's errors.`;
}

/**
 * The error that an answer means. `now` is seconds since the epoch, for a Retry-After that is a date; `credential` is
 * what must not appear in the error.
 */
export function apiError(status, headers, text, { now, credential = null }) {
  const { error, meta } = parsedObject(text);
  const wait = readRetryAfter(headers.get("Retry-After") ?? "", now);
  if (!isObject(error) || typeof error.code !== "string" || typeof error.message !== "string") {
    const message = masked(stranger(status, headers), credential);
    const requestId = headers.get("X-Request-Id");
    return new (typeOf(status))({ status, code: UNEXPECTED, message, retryAfter: wait, requestId });
  }
  const told = error.retry_after;
  return new (typeOf(status))({
    status,
    code: masked(error.code, credential),
    message: masked(error.message, credential).slice(0, MESSAGE_CHARACTERS),
    param: typeof error.param === "string" ? masked(error.param, credential) : null,
    retryAfter: Number.isInteger(told) && told >= 0 ? told : wait,
    requestId: typeof meta?.request_id === "string" ? meta.request_id : headers.get("X-Request-Id"),
  });
}
