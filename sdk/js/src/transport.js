// Calls over HTTP: credential, deadlines, repeats, and what answers mean.

import { addressOf, apiBase } from "./addresses.js";
import { ApiError, ConnectionFailedError, RequestTimeoutError, ScanfleetError, UNEXPECTED, UnexpectedAnswerError, apiError, masked, parsedObject } from "./errors.js";
import { pause, policyOf } from "./retry.js";
import { VERSION } from "./version.js";

const ANSWER_BYTES = 67_108_864; // 500 pages with all their findings are some 5 MB
const ERROR_BYTES = 65_536;

/** The option under which tests hand in a clock, a pause and a random number of their own. */
export const HOOKS = Symbol("hooks");

const REAL = {
  clock: () => performance.now() / 1000,
  draw: () => Math.random(),
  sleep: (seconds, signal) =>
    new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", stop);
        resolve();
      }, seconds * 1000);
      signal?.addEventListener("abort", stop, { once: true });
    }),
};

function checkedToken(token) {
  if (token !== null && !/^[\x21-\x7e]{1,8000}$/.test(token)) {
    throw new TypeError("token: want an API key or the token of a log-in, without blanks or line ends");
  }
  return token;
}

/** A deadline that can be moved, for one request. */
class Deadline {
  #controller = new AbortController();
  #timer;
  #caller;
  #onAbort;
  late = false;

  constructor(caller) {
    this.#caller = caller;
    this.#onAbort = () => this.#controller.abort(caller.reason);
    if (caller?.aborted) this.#onAbort();
    else caller?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get signal() {
    return this.#controller.signal;
  }

  in(seconds) {
    clearTimeout(this.#timer);
    const end = () => {
      this.late = true;
      this.#controller.abort();
    };
    this.#timer = setTimeout(end, Math.max(0, seconds * 1000));
  }

  /** Nothing is waited for at the moment: how long the caller takes is its own business. */
  rest() {
    clearTimeout(this.#timer);
  }

  /** Nothing of the request goes on after this. */
  close() {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener("abort", this.#onAbort);
    this.#controller.abort();
  }
}

/** A response whose body is read piece by piece. */
export class Stream {
  #transport;
  #deadline;
  #reader;

  constructor(transport, deadline, response) {
    this.#transport = transport;
    this.#deadline = deadline;
    this.#reader = response.body?.getReader() ?? null;
    this.status = response.status;
  }

  /** The next bytes, null at the end. Rejects with `ConnectionFailedError` where the end is missing. */
  async piece(seconds, signal) {
    if (this.#reader === null) return null;
    this.#deadline.in(seconds);
    try {
      const { done, value } = await this.#reader.read();
      return done ? null : value;
    } catch (error) {
      throw this.#transport.told(error, this.#deadline, seconds, signal);
    } finally {
      this.#deadline.rest();
    }
  }

  close() {
    this.#reader?.cancel().catch(() => undefined); // it may be broken already
    this.#deadline.close();
  }
}

/** Speaks to one service. */
export class Transport {
  #token;
  #fetch;
  #headers;

  constructor(baseUrl, token, options) {
    this.base = apiBase(baseUrl);
    this.timeout = options.timeoutSeconds ?? 30;
    if (!(this.timeout > 0 && this.timeout <= 86_400)) throw new TypeError("timeoutSeconds: above 0, at most a day");
    this.policy = policyOf(options.retry);
    this.hooks = { ...REAL, ...options[HOOKS] };
    this.#token = checkedToken(token ?? null);
    this.#fetch = options.fetch ?? ((...given) => globalThis.fetch(...given));
    // A browser names itself, and would ask the service first whether this header may be set.
    this.#headers = globalThis.process?.versions?.node ? { "User-Agent": `scanfleet-js/${VERSION}` } : {};
  }

  /** Use another credential from now on. */
  use(token) {
    this.#token = checkedToken(token);
  }

  /** fetch's errors as ours. */
  told(error, deadline, seconds, signal) {
    if (error instanceof ScanfleetError) return error;
    if (signal?.aborted) return signal.reason;
    if (deadline.late) return new RequestTimeoutError(`${this.base}: no answer within ${seconds} s.`);
    const why = error?.cause?.code ?? error?.cause?.message ?? error?.message ?? "";
    return new ConnectionFailedError(masked(`${this.base}: no connection, or it broke off: ${why}`, this.#token));
  }

  /** A response whose body is still to be read; an answer that is an error is thrown. */
  async open(method, url, { headers = {}, body, seconds, signal }) {
    const deadline = new Deadline(signal);
    deadline.in(seconds);
    let stream = null;
    try {
      const response = await this.#fetch(url, {
        method,
        headers: { Accept: "application/json", ...this.#headers, ...headers, ...this.#credential() },
        body,
        redirect: "manual",
        credentials: "omit",
        cache: "no-store",
        referrerPolicy: "no-referrer",
        signal: deadline.signal,
      });
      stream = new Stream(this, deadline, response);
      if (response.type === "opaqueredirect") throw this.#hiddenRedirect();
      if (response.ok) {
        deadline.rest();
        return stream;
      }
      const text = new TextDecoder().decode(await this.#whole(stream, ERROR_BYTES, seconds, signal, true));
      throw apiError(response.status, response.headers, text, { now: Date.now() / 1000, credential: this.#token });
    } catch (error) {
      (stream ?? deadline).close();
      throw this.told(error, deadline, seconds, signal);
    }
  }

  #credential() {
    return this.#token === null ? {} : { Authorization: `Bearer ${this.#token}` };
  }

  #hiddenRedirect() {
    const message = "The server redirects; redirects aren't followed: give the client the address to use.";
    return new ApiError({ status: 0, code: UNEXPECTED, message });
  }

  /** The body; beyond `most` bytes cut, or `UnexpectedAnswerError`. */
  async #whole(stream, most, seconds, signal, cut = false) {
    const began = this.hooks.clock();
    const pieces = [];
    let size = 0;
    for (;;) {
      const piece = await stream.piece(seconds - (this.hooks.clock() - began), signal);
      if (piece === null) break;
      pieces.push(piece);
      size += piece.length;
      if (size > most && cut) break;
      if (size > most) throw new UnexpectedAnswerError(`The answer is longer than ${most} bytes.`);
    }
    return joined(pieces, size);
  }

  async #answer(method, url, options) {
    const began = this.hooks.clock();
    const stream = await this.open(method, url, options);
    try {
      return await this.#whole(stream, ANSWER_BYTES, options.seconds - (this.hooks.clock() - began), options.signal);
    } finally {
      stream.close();
    }
  }

  /** What `attempt(seconds)` gives, tried as the policy says; all in all at most `within` seconds. */
  async repeat(method, attempt, { keyed = false, within = Infinity, signal } = {}) {
    const policy = { ...this.policy, totalSeconds: Math.min(within, this.policy.totalSeconds) };
    const { clock, draw, sleep } = this.hooks;
    const began = clock();
    for (let number = 1; ; number += 1) {
      const left = policy.totalSeconds - (clock() - began);
      try {
        return await attempt(number > 1 || within !== Infinity ? Math.min(this.timeout, left) : this.timeout);
      } catch (error) {
        const wait = pause(policy, { method, keyed, attempt: number, elapsed: clock() - began, drawn: draw(), error });
        if (wait === null) throw error;
        await sleep(wait, signal);
      }
    }
  }

  /** The text of the answer to a call. `key` is an Idempotency-Key, kept over repeats. */
  async call(method, path, ids = [], { query, body, key, within, signal } = {}) {
    const url = addressOf(this.base, path, ids, query);
    const headers = {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (key !== undefined) {
      if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw new TypeError("idempotencyKey: 1 to 255 visible ASCII characters");
      headers["Idempotency-Key"] = key;
    }
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const attempt = (seconds) => this.#answer(method, url, { headers, body: sent, seconds, signal });
    return new TextDecoder().decode(await this.repeat(method, attempt, { keyed: key !== undefined, within, signal }));
  }

  /** The data of the answer to a call, taken out of the contract's envelope. */
  async data(method, path, ids, options) {
    const { success, data } = parsedObject(await this.call(method, path, ids, options));
    if (success !== true || typeof data !== "object" || data === null) {
      throw new UnexpectedAnswerError(`${method} ${path}: the answer has no data; is this the address of the API?`);
    }
    return data;
  }

  /** A GET whose body is read piece by piece, opened without repeats. The caller closes it. */
  async stream(path, ids, { headers, seconds = this.timeout, signal }) {
    return this.open("GET", addressOf(this.base, path, ids), { headers, seconds, signal });
  }
}

/** Pieces of bytes as one. */
export function joined(pieces, size) {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
