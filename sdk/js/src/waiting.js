// Waiting for a scan: asking at the contract's pace, or listening to its events.

import { ApiError, ConnectionFailedError, ScanfleetError, UnexpectedAnswerError, WaitTimeoutError, parsedObject } from "./errors.js";
import { backoff, curable } from "./retry.js";
import { SseParser } from "./sse.js";

const PACE_SECONDS = [2, 3]; // the contract asks clients to look every 2 to 3 s
const SILENCE_SECONDS = 30; // the service sends a comment every 10 s

/** The scan, again and again, until it has ended; failures that may pass are ridden out until `seconds` are over. */
export async function* polled(transport, scanId, { seconds, signal }) {
  const { clock, draw, sleep } = transport.hooks;
  const deadline = clock() + seconds;
  const [least, most] = PACE_SECONDS;
  for (;;) {
    let wait = least + draw() * (most - least);
    let failure;
    let scan = null;
    try {
      const within = Math.max(deadline - clock(), least);
      scan = await transport.data("GET", "/scans/{scan_id}", [scanId], { within, signal });
    } catch (error) {
      if (!curable(error)) throw error;
      failure = error;
      wait = Math.max(wait, error.retryAfter ?? 0);
    }
    if (scan !== null) {
      if (typeof scan.status !== "string") throw new UnexpectedAnswerError("The answer is no scan: it has no status.");
      yield scan;
      if (scan.status !== "running") return;
    }
    if (clock() + wait >= deadline) throw new WaitTimeoutError(scanId, seconds, { cause: failure });
    await sleep(wait, signal);
  }
}

/** One scan's events, over as many connections as it takes. */
export class Watch {
  #transport;
  #scanId;
  #seconds;
  #signal;
  #deadline;
  #lastId = "";
  #retry = 0;
  #failures = 0;
  #ended = false;
  #told = new Set();

  constructor(transport, scanId, { seconds, signal }) {
    this.#transport = transport;
    this.#scanId = scanId;
    this.#seconds = seconds;
    this.#signal = signal;
    this.#deadline = transport.hooks.clock() + seconds;
  }

  #left() {
    const left = this.#deadline - this.#transport.hooks.clock();
    if (left <= 0) throw new WaitTimeoutError(this.#scanId, this.#seconds);
    return left;
  }

  /** Until the scan has ended. Throws `WaitTimeoutError`, or what the last of too many failures in a row was. */
  async *events() {
    while (!this.#ended) {
      let failure = new ConnectionFailedError("The stream of events ended before the scan did.");
      try {
        yield* this.#connection();
      } catch (error) {
        if (!(error instanceof ScanfleetError)) throw error;
        failure = error;
      }
      if (!this.#ended) await this.#rest(failure);
    }
  }

  /** Pause before the next connection, or give up. */
  async #rest(failure) {
    const { hooks, policy } = this.#transport;
    this.#failures += 1;
    if (!curable(failure) || this.#failures >= policy.attempts) throw failure;
    const asked = failure instanceof ApiError ? (failure.retryAfter ?? 0) : 0;
    const wait = backoff(policy, this.#failures, hooks.draw(), Math.max(asked, this.#retry / 1000));
    if (wait >= this.#left()) throw new WaitTimeoutError(this.#scanId, this.#seconds, { cause: failure });
    await hooks.sleep(wait, this.#signal);
  }

  async *#connection() {
    const headers = { Accept: "text/event-stream" };
    // A header can't hold just anything, and an id that this service wouldn't send is none to send back.
    if (/^[\x21-\x7e]{1,200}$/.test(this.#lastId)) headers["Last-Event-ID"] = this.#lastId;
    const seconds = Math.min(this.#transport.timeout, this.#left());
    const options = { headers, seconds, signal: this.#signal };
    const stream = await this.#transport.stream("/scans/{scan_id}/events", [this.#scanId], options);
    try {
      this.#ended = stream.status === 204;
      for await (const raw of this.#raw(stream)) {
        const event = this.#understood(raw);
        if (event !== null) yield event;
        if (this.#ended) return;
      }
    } finally {
      stream.close();
    }
  }

  async *#raw(stream) {
    const parser = new SseParser();
    for (;;) {
      const piece = await stream.piece(Math.min(SILENCE_SECONDS, this.#left()), this.#signal);
      if (piece === null) return;
      for (const raw of parser.feed(piece)) {
        this.#lastId = raw.id;
        this.#failures = 0;
        yield raw;
      }
      this.#retry = parser.retry ?? this.#retry;
    }
  }

  /** The event; null for what a newer service adds, and for a finding that was told of before. */
  #understood(raw) {
    if (!["progress", "finding", "end"].includes(raw.type)) return null;
    const data = parsedObject(raw.data);
    const needed = raw.type === "finding" ? data.check : data.status;
    if (typeof needed !== "string") throw new UnexpectedAnswerError(`An event isn't a ${raw.type}: ${raw.id}`);
    this.#ended = raw.type === "end";
    if (raw.type === "finding") {
      const key = `${data.check} ${data.severity}`;
      if (this.#told.has(key)) return null;
      this.#told.add(key);
    }
    return { type: raw.type, data };
  }
}
