// Server-sent events.

import { UnexpectedAnswerError } from "./errors.js";

const EVENT_CHARACTERS = 1_048_576;

/**
 * Turns pieces of a stream into events, as
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation says.
 *
 * `retry` is the pause before another connection that the server asked for, in milliseconds; `limit` bounds a line, and
 * an event's data, in characters.
 */
export class SseParser {
  retry = null;
  #limit;
  #decoder = new TextDecoder("utf-8");
  #line = [];
  #held = 0;
  #afterCr = false;
  #id = "";
  #type = "";
  #data = [];
  #size = 0;

  constructor(limit = EVENT_CHARACTERS) {
    this.#limit = limit;
  }

  /** The events that the bytes complete. Throws `UnexpectedAnswerError` for one beyond the limit. */
  feed(bytes) {
    let text = this.#decoder.decode(bytes, { stream: true });
    if (text === "") return [];
    if (this.#afterCr && text.startsWith("\n")) text = text.slice(1);
    this.#afterCr = text.endsWith("\r");
    const lines = text.split(/\r\n|\n|\r/);
    const rest = lines.pop();
    const events = [];
    for (const line of lines) {
      this.#hold(line);
      const event = this.#take(this.#line.join(""));
      this.#line = [];
      this.#held = 0;
      if (event) events.push(event);
    }
    this.#hold(rest);
    return events;
  }

  #hold(text) {
    this.#line.push(text);
    this.#held += text.length;
    this.#bound(this.#held);
  }

  #bound(size) {
    if (size > this.#limit) throw new UnexpectedAnswerError(`An event is longer than ${this.#limit} characters.`);
  }

  /** Take a line; the event that it ends. */
  #take(line) {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") {
      this.#data.push(value);
      this.#size += value.length + 1;
      this.#bound(this.#size);
    } else if (name === "event") this.#type = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^[0-9]{1,9}$/.test(value)) this.retry = Number(value);
    return null;
  }

  #dispatch() {
    const event = { type: this.#type || "message", id: this.#id, data: this.#data.join("\n") };
    const any = this.#data.length > 0;
    this.#type = "";
    this.#data = [];
    this.#size = 0;
    return any ? event : null;
  }
}
