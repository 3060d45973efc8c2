// The Web Crypto API, which Node 18 doesn't have among its globals.

// A name that bundlers don't see, so that they don't look for the module when they build for browsers.
const NODE = "node:crypto";

/** Web Crypto's object. */
export async function webCrypto() {
  return globalThis.crypto ?? (await import(NODE)).webcrypto;
}

/** An Idempotency-Key: 128 random bits. `crypto.randomUUID` isn't there on plain http pages. */
export async function newKey() {
  const bytes = (await webCrypto()).getRandomValues(new Uint8Array(16));
  return `js-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
