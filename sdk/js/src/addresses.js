// Addresses of calls.

const PREFIX = "/api/v1";

/**
 * Where the API of the service at `address` begins, without a slash at the end.
 *
 * Throws `TypeError` for what isn't a plain http or https address: credentials don't belong into it.
 */
export function apiBase(address) {
  const plain = /^[\x21-\x7e]+$/.test(address) && /^https?:\/\/[^/?#@\\]+(\/[^?#\\]*)?$/.test(address);
  if (!plain || !parses(address)) {
    throw new TypeError(
      "baseUrl: want the service's address, such as https://seo.example.com, without user, query or fragment",
    );
  }
  const base = address.replace(/\/+$/, "");
  return base.endsWith(PREFIX) ? base : base + PREFIX;
}

function parses(address) {
  try {
    return Boolean(new URL(address).hostname);
  } catch {
    return false;
  }
}

function encoded(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

function segment(value) {
  if (typeof value !== "string" || ["", ".", ".."].includes(value)) {
    throw new TypeError(`id: ${JSON.stringify(value)} can't be one`);
  }
  return encoded(value);
}

/**
 * The address of a call: `path` as the contract has it, with `{…}` where `ids` go, in order; each stays one segment of
 * the path, whatever it holds. Parameters of `query` that are null or undefined are left out.
 */
export function addressOf(base, path, ids = [], query = {}) {
  let next = 0;
  const filled = path.replace(/\{\w+\}/g, () => segment(ids[next++]));
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const text = pairs.map(([name, value]) => `${name}=${encoded(String(value))}`).join("&");
  return base + filled + (text ? `?${text}` : "");
}
