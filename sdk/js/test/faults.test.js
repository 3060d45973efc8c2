// A client against servers that fail.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";

import {
  ApiError,
  Client,
  ConnectionFailedError,
  RequestTimeoutError,
  ScanfleetError,
  UnexpectedAnswerError,
} from "../src/index.js";
import { faulty, vectors } from "../testing/fault-server.js";

const FAULTS = vectors("faults");
const TOKEN = "sk_live_0123456789abcdefghijklmnopqrstuvwxyzABCD";
const WELL = FAULTS.cases[0].answers[0];
const { attempts, base, cap, total } = FAULTS.policy;
const OPTIONS = {
  timeoutSeconds: FAULTS.timeout,
  retry: { attempts, baseSeconds: base, capSeconds: cap, totalSeconds: total },
};

const CALLS = {
  list_checks: (client) => client.listChecks(),
  create_scan: (client) => client.createScan("https://example.com/"),
  create_scans: (client) => client.createScans(["https://example.com/"]),
  create_token: (client) => client.createToken("laptop"),
  revoke_token: (client) => client.revokeToken("0199c29f-10aa-7b6e-a3f4-5c2d9e8b7a60"),
};

async function outcome(client, call) {
  try {
    await CALLS[call](client);
    return "ok";
  } catch (error) {
    assert.ok(error instanceof ScanfleetError, inspect(error));
    assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes(TOKEN));
    if (error instanceof ApiError) return error.kind;
    if (error instanceof ConnectionFailedError) return "connection";
    return error instanceof RequestTimeoutError ? "timeout" : error instanceof UnexpectedAnswerError && "unexpected";
  }
}

for (const one of FAULTS.cases) {
  test(one.name, async (t) => {
    const other = await faulty(t, [WELL]);
    const server = await faulty(t, one.answers, other.address.replace("127.0.0.1", "localhost"));
    const client = new Client(server.address, TOKEN, OPTIONS);
    assert.equal(await outcome(client, one.call), one.result);
    assert.equal(server.asked.length, one.requests);
    assert.equal(other.asked.length, 0);
    assert.deepEqual(new Set(server.asked.map((ask) => ask.headers.authorization)), new Set([`Bearer ${TOKEN}`]));
    assert.equal(new Set(server.asked.map((ask) => ask.body)).size, 1);
    if ("same_key" in one) {
      const keys = new Set(server.asked.map((ask) => ask.headers["idempotency-key"]));
      assert.equal(keys.size, 1);
      assert.equal(!keys.has(undefined), Boolean(one.same_key));
    }
    assert.ok(!`${inspect(client, { depth: 10, showHidden: true })}${JSON.stringify(client)}`.includes(TOKEN));
  });
}

test("a deletion on a connection that was kept isn't repeated by fetch", async (t) => {
  const server = await faulty(t, [WELL, { drop: true }]);
  const client = new Client(server.address, TOKEN, OPTIONS);
  await client.listChecks();
  assert.equal(await outcome(client, "revoke_token"), "connection");
  assert.deepEqual(server.asked.map((ask) => ask.line.split(" ")[0]), ["GET", "DELETE"]);
});

test("every start has a key of its own unless one is given", async (t) => {
  const accepted = FAULTS.cases.find((one) => one.name.startsWith("a scan's start keeps")).answers.at(-1);
  const server = await faulty(t, [accepted]);
  const client = new Client(server.address, TOKEN, OPTIONS);
  await client.createScan("https://example.com/");
  await client.createScan("https://example.com/");
  await client.createScan("https://example.com/", { idempotencyKey: "order-7" });
  await assert.rejects(client.createScan("https://example.com/", { idempotencyKey: "a\r\nb" }), /idempotencyKey/);
  const keys = server.asked.map((ask) => ask.headers["idempotency-key"]);
  assert.equal(new Set(keys).size, 3);
  assert.equal(keys[2], "order-7");
});

test("a caller's signal ends a call, and its pauses", async (t) => {
  const server = await faulty(t, [{ hang: true }]);
  const away = await faulty(t, [{ status: 503, headers: { "Retry-After": "20" }, body: "" }]);
  for (const address of [server.address, away.address]) {
    const controller = new AbortController();
    const client = new Client(address, TOKEN);
    const call = client.listChecks({ signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 50);
    await assert.rejects(call, /enough/);
  }
});

for (const token of ["", "a b", "a\r\nX-Evil: 1", "ä"]) {
  test(`a token that would be something else in a header: ${JSON.stringify(token)}`, () => {
    assert.throws(() => new Client("http://127.0.0.1:9", token), (error) => {
      assert.match(error.message, /^token: /);
      return token === "" || !error.message.includes(token);
    });
  });
}

for (const retry of [{ attempts: 0 }, { baseSeconds: -1 }, { totalSeconds: NaN }, { capSeconds: Infinity }]) {
  test(`a policy without a bound: ${inspect(retry)}`, () => {
    assert.throws(() => new Client("http://127.0.0.1:9", null, { retry }), new RegExp(Object.keys(retry)[0]));
  });
}
