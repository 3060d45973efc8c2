// The only way to the server: the public API, with its envelope opened, its errors as `ApiError`, its token kept.

const BASE = "/api/v1";
const STORED = "scanfleet.session";
const SECONDS = 20;
const TRIES = 3;

/** What the API says went wrong. `param` names the field; `retryAfter` is in seconds. */
export class ApiError extends Error {
  constructor({ code, message, param, retry_after: retryAfter }, status, requestId) {
    super(message);
    Object.assign(this, { name: "ApiError", code, param, retryAfter, status, requestId });
  }
}

const listeners = new Set();
let held = read();

function read() {
  try {
    const found = JSON.parse(localStorage.getItem(STORED) ?? "null");
    return found && found.expiresAt > Date.now() ? found : null;
  } catch {
    return null; // storage that is switched off, or holds something else
  }
}

function keep(next, why = "") {
  held = next;
  try {
    if (next) localStorage.setItem(STORED, JSON.stringify(next));
    else localStorage.removeItem(STORED);
  } catch {
    // Without storage the session lasts as long as the tab.
  }
  for (const one of listeners) one(next, why);
}

// Signing in or out in one tab holds for all.
addEventListener("storage", (event) => {
  if (event.key !== STORED && event.key !== null) return;
  held = read();
  for (const one of listeners) one(held, "");
});

/** Who is signed in: `{token, email, expiresAt}` or null. */
export const session = {
  get current() {
    if (held && held.expiresAt <= Date.now()) keep(null, "Your session has ended. Sign in again to go on.");
    return held;
  },
  /** Calls back with (session or null, why it ended); returns a function that ends it. */
  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  async signIn(email, password) {
    const told = await post("/auth/login", { email, password }, { anonymous: true });
    keep({ token: told.access_token, email, expiresAt: Date.now() + told.expires_in * 1000 });
  },
  async signOut() {
    try {
      await post("/auth/logout");
    } catch (error) {
      // A token that is refused is as good as revoked; one that could not be asked for ends by itself.
      if (!(error instanceof ApiError)) throw error;
    } finally {
      keep(null);
    }
  },
};

function address(path, query) {
  const url = new URL(BASE + path, location.origin);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  return url;
}

function lost(reason) {
  const told = { code: "NETWORK", message: `${reason} Check that the service is running, then try again.` };
  return new ApiError(told, 0, "");
}

async function failure(response) {
  const requestId = response.headers.get("X-Request-Id") ?? "";
  let told = { code: "UNKNOWN", message: `The service answered with status ${response.status}.` };
  try {
    told = (await response.json()).error ?? told;
  } catch {
    // A proxy in between answers with a page of its own; the status has to do.
  }
  told.retry_after ??= Number(response.headers.get("Retry-After")) || undefined;
  return new ApiError(told, response.status, requestId);
}

const pause = (ms, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });

/** A raw response, once it has begun. Raises `ApiError`, or the signal's reason when it was aborted. */
export async function open(method, path, { query, body, headers, signal, anonymous, seconds = SECONDS } = {}) {
  const sent = { Accept: "application/json", ...headers };
  const token = anonymous ? null : session.current?.token;
  if (token) sent.Authorization = `Bearer ${token}`;
  if (body !== undefined) sent["Content-Type"] = "application/json";
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(lost("The service takes too long to answer.")), seconds * 1000);
  signal?.addEventListener("abort", () => limit.abort(signal.reason), { once: true });
  if (signal?.aborted) limit.abort(signal.reason);
  let response;
  try {
    const options = { method, headers: sent, signal: limit.signal, cache: "no-store", credentials: "omit" };
    response = await fetch(address(path, query), { ...options, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    throw limit.signal.aborted ? limit.signal.reason : lost("The service can't be reached.");
  } finally {
    clearTimeout(timer);
  }
  if (response.ok) return response;
  const error = await failure(response);
  if (token && error.code === "INVALID_TOKEN" && token === held?.token) {
    keep(null, "Your session has ended. Sign in again to go on.");
  }
  throw error;
}

/** Read something; asked again, twice at most, where the service was away for a moment. */
export async function get(path, query, { signal } = {}) {
  for (let tried = 1; ; tried += 1) {
    try {
      return (await (await open("GET", path, { query, signal })).json()).data;
    } catch (error) {
      const passing = error instanceof ApiError && [0, 502, 503, 504].includes(error.status);
      if (!passing || tried === TRIES) throw error;
      await pause(Math.min(5, error.retryAfter ?? tried * 0.5) * 1000, signal);
    }
  }
}

async function change(method, path, body, options) {
  return (await (await open(method, path, { ...options, body })).json()).data;
}

export const post = (path, body, options) => change("POST", path, body, options);
export const patch = (path, body, options) => change("PATCH", path, body, options);
export const del = (path, options) => change("DELETE", path, undefined, options);

/** Fetch a file with the session's token, and hand it to the browser as a download. */
export async function download(path, name) {
  const response = await open("GET", path, { headers: { Accept: "*/*" }, seconds: 120 });
  const told = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = told?.[1] ?? name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/**
 * Server-sent events over fetch, since EventSource sends no Authorization. Yields `{event, data}` until the stream ends.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export async function* events(path, { signal, lastId } = {}) {
  const headers = { Accept: "text/event-stream", ...(lastId ? { "Last-Event-ID": lastId } : {}) };
  const response = await open("GET", path, { headers, signal });
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: ?(.*)/s, 2)));
        if (fields.data) yield { id: fields.id, event: fields.event ?? "message", data: JSON.parse(fields.data) };
      }
    }
  } finally {
    reader.cancel().catch(() => undefined); // the connection may be gone already
  }
}
