// The vectors that all three clients share.

import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf, apiBase } from "../src/addresses.js";
import { ApiError, ConnectionFailedError, RequestTimeoutError, SignatureError, UnexpectedAnswerError, apiError } from "../src/errors.js";
import { byCursor, byNumber } from "../src/paging.js";
import { readRetryAfter } from "../src/retry-after.js";
import { DEFAULT_POLICY, backoff, pause, policyOf } from "../src/retry.js";
import { SseParser } from "../src/sse.js";
import { verifySignature } from "../src/webhooks.js";
import { vectors } from "../testing/fault-server.js";

export function policyIn({ attempts, base, cap, total }) {
  return policyOf({ attempts, baseSeconds: base, capSeconds: cap, totalSeconds: total });
}

function near(found, wanted) {
  if (wanted === null) assert.equal(found, null);
  else assert.ok(Math.abs(found - wanted) < 1e-9, `${found} instead of ${wanted}`);
}

for (const one of vectors("webhooks").cases) {
  test(`webhooks: ${one.name}`, async () => {
    let result = "ok";
    try {
      await verifySignature(Buffer.from(one.body_base64, "base64"), one.header, one.secret, { now: one.now });
    } catch (error) {
      if (!(error instanceof SignatureError)) throw error;
      result = error.reason;
    }
    assert.equal(result, one.result);
  });
}

function failure({ status, retry_after: retryAfter, transport }) {
  if (status) return new ApiError({ status, code: "X", message: "", retryAfter });
  return transport === "timeout" ? new RequestTimeoutError("lost") : new ConnectionFailedError("lost");
}

for (const one of vectors("retries").cases) {
  test(`retries: ${one.name}`, () => {
    const { method, idempotency_key: keyed, attempt, elapsed, random: drawn } = one;
    const told = { method, keyed, attempt, elapsed, drawn, error: failure(one.failure) };
    near(pause(policyIn(vectors("retries").policy), told), one.wait);
  });
}

test("the policy of the vectors is the default one", () => {
  assert.deepEqual(policyIn(vectors("retries").policy), { ...DEFAULT_POLICY });
});

test("backoff", () => {
  const { base, cap, cases } = vectors("backoff");
  const policy = policyOf({ baseSeconds: base, capSeconds: cap });
  for (const one of cases) near(backoff(policy, one.attempt, one.random, one.retry_after), one.seconds);
});

for (const one of vectors("backoff").retry_after) {
  test(`Retry-After: ${one.header}`, () => assert.equal(readRetryAfter(one.header, one.now), one.seconds));
}

for (const one of vectors("errors").cases) {
  test(`errors: ${one.name}`, () => {
    const error = apiError(one.status, new Headers(one.headers), one.body, { now: one.now, credential: one.credential });
    const { kind, status, code, message, param, retryAfter, requestId } = error;
    const found = { kind, status, code, message, param, retry_after: retryAfter, request_id: requestId };
    assert.deepEqual(found, one.expect);
    if (one.credential) assert.ok(!`${error} ${error.stack} ${JSON.stringify(error)}`.includes(one.credential));
  });
}

for (const one of vectors("sse").cases) {
  test(`sse: ${one.name}`, () => {
    const parser = new SseParser(one.limit);
    const events = [];
    let failed;
    try {
      for (const piece of one.chunks_base64) events.push(...parser.feed(Buffer.from(piece, "base64")));
    } catch (error) {
      if (!(error instanceof UnexpectedAnswerError)) throw error;
      failed = "too_long";
    }
    assert.deepEqual([events, parser.retry, failed], [one.events, one.retry, one.error]);
  });
}

for (const one of vectors("urls").cases) {
  test(`urls: ${one.name}`, () => {
    const made = () => addressOf(apiBase(one.base), one.path, one.ids, Object.fromEntries(one.query));
    if (!one.error) return assert.equal(made(), one.url);
    return assert.throws(made, (error) => {
      assert.match(error.message, { id: /^id: /, base: /^baseUrl: / }[one.error]);
      return error instanceof TypeError && !error.message.includes("secret");
    });
  });
}

for (const [kind, walk, name] of [
  ["cursor", byCursor, "cursor"],
  ["number", byNumber, "page"],
]) {
  for (const one of vectors("paging")[kind]) {
    test(`paging by ${kind}: ${one.name}`, async () => {
      const requests = [];
      const items = [];
      let failed;
      const fetchPage = (at) => {
        requests.push(at === null ? {} : { [name]: String(at) });
        return Promise.resolve(one.replies[requests.length - 1]);
      };
      try {
        for await (const item of walk(fetchPage)) items.push(item.url);
      } catch (error) {
        if (!(error instanceof UnexpectedAnswerError)) throw error;
        failed = "loop";
      }
      assert.deepEqual([items, requests, failed], [one.items, one.requests, one.error]);
    });
  }
}
