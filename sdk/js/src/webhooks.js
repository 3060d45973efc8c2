// Trusting a webhook's message.

import { SignatureError, UnexpectedAnswerError, parsedObject } from "./errors.js";
import { webCrypto } from "./web-crypto.js";

export const SIGNATURE_HEADER = "X-Scanfleet-Signature";
export const TOLERANCE_SECONDS = 300;
const HEADER_CHARACTERS = 1_000;

/** The time as it was written, and the signatures of scheme v1; several while a secret is being changed. */
function partsOf(header) {
  const pairs = header.length <= HEADER_CHARACTERS ? header.split(",").map((part) => part.trim()) : [];
  const valuesOf = (name) => pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
  const times = valuesOf("t");
  const signatures = valuesOf("v1");
  if (times.length !== 1 || !/^[0-9]{1,15}$/.test(times[0]) || signatures.length === 0) {
    throw new SignatureError("malformed", `${SIGNATURE_HEADER}: want t=<seconds>,v1=<hex>.`);
  }
  return { at: times[0], signatures };
}

function bytesOf(hex) {
  return /^[0-9a-f]{64}$/.test(hex) ? Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16)) : null;
}

function signedBytes(at, body) {
  const prefix = new TextEncoder().encode(`${at}.`);
  const raw = typeof body === "string" ? new TextEncoder().encode(body) : new Uint8Array(body.buffer ?? body, body.byteOffset ?? 0, body.byteLength);
  const whole = new Uint8Array(prefix.length + raw.length);
  whole.set(prefix);
  whole.set(raw, prefix.length);
  return whole;
}

/**
 * Resolves if the message is the service's own and fresh, else rejects with `SignatureError`.
 *
 * `body` is the raw body, before any parsing; `now` is seconds since the epoch, the clock's by default; `tolerance` is
 * how many seconds the message's time may be off, either way.
 */
export async function verifySignature(body, header, secret, { now = Date.now() / 1000, tolerance = TOLERANCE_SECONDS } = {}) {
  if (!secret) throw new TypeError("secret: is empty, so that anybody could sign");
  const { at, signatures } = partsOf(header);
  const { subtle } = await webCrypto();
  const use = { name: "HMAC", hash: "SHA-256" };
  const key = await subtle.importKey("raw", new TextEncoder().encode(secret), use, false, ["verify"]);
  const signed = signedBytes(at, body);
  let fits = false;
  for (const one of signatures) {
    const given = bytesOf(one);
    // Web Crypto compares in constant time.
    fits = (given !== null && (await subtle.verify("HMAC", key, given, signed))) || fits;
  }
  if (!fits) throw new SignatureError("mismatch", "The signature isn't the one of this body under this secret.");
  if (Math.abs(now - Number(at)) > tolerance) {
    throw new SignatureError("expired", `The message is off by more than ${tolerance} s: a replay, or a clock is off.`);
  }
}

/** The message, verified. It may come more than once; `delivery_id` tells. Rejects as `verifySignature` does. */
export async function readWebhook(body, header, secret, options = {}) {
  await verifySignature(body, header, secret, options);
  const event = parsedObject(typeof body === "string" ? body : new TextDecoder().decode(body));
  if (typeof event.event !== "string" || typeof event.delivery_id !== "string") {
    throw new UnexpectedAnswerError("The message isn't a webhook's: it has no event or no delivery_id.");
  }
  return event;
}
