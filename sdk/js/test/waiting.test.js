// Waiting, watching, exporting: against a local server, with a clock of the test's own.

import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";

import { Client, ConnectionFailedError, NotFoundError, UnexpectedAnswerError, WaitTimeoutError, readWebhook } from "../src/index.js";
import { exportFile } from "../src/node.js";
import { HOOKS } from "../src/transport.js";
import { faulty, vectors } from "../testing/fault-server.js";

const ID = "0199c2a1-7e40-7c3b-9d52-3f1b8a6c0e11";
const META = { timestamp: "2026-02-25T10:30:00.000Z", version: "1.0", request_id: "r" };
const DROP = { drop: true };

function answer(data, status = 200) {
  return { status, headers: {}, body: JSON.stringify({ success: true, data, meta: META }) };
}

function refusal(status, code, headers = {}) {
  return { status, headers, body: JSON.stringify({ success: false, error: { code, message: "No." }, meta: META }) };
}

function scan(status, done = 0) {
  return answer({ scan_id: ID, url: "https://example.com/", status, progress: { phase: "fetching", done } });
}

function stream(events, retry = "") {
  const text = events.map(([type, id, data]) => `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  return { status: 200, headers: { "Content-Type": "text/event-stream" }, body: retry + text.join("") };
}

const PROGRESS = { scan_id: ID, status: "running", phase: "fetching", found: 2, done: 1 };
const FINDING = { check: "title.missing", severity: "high", url: "https://example.com/", evidence: "", position: "" };
const END = { scan_id: ID, status: "complete", reason: null, score: 81.5, grade: "B" };

/** A client, and time that passes only while it pauses. */
function patient(address, options = {}) {
  const time = { now: 0, pauses: [] };
  const sleep = (seconds) => {
    time.pauses.push(seconds);
    time.now += seconds;
    return Promise.resolve();
  };
  const hooks = { clock: () => time.now, draw: () => 0.5, sleep };
  return { time, client: new Client(address, null, { ...options, [HOOKS]: hooks }) };
}

async function all(source) {
  const found = [];
  for await (const one of source) found.push(one);
  return found;
}

test("waiting asks at the contract's pace and tells of progress", async (t) => {
  const server = await faulty(t, [scan("running", 1), scan("running", 2), scan("complete", 9)]);
  const { client, time } = patient(server.address);
  const seen = [];
  const found = await client.waitForScan(ID, { onProgress: (one) => seen.push(one.progress.done) });
  assert.deepEqual([found.status, seen, time.pauses], ["complete", [1, 2, 9], [2.5, 2.5]]);
});

test("waiting rides out what passes but not what stays", async (t) => {
  const away = refusal(503, "SERVICE_UNAVAILABLE", { "Retry-After": "7" });
  const server = await faulty(t, [away, away, away, DROP, scan("stopped")]);
  const { client, time } = patient(server.address, { retry: { attempts: 1 } });
  assert.equal((await client.waitForScan(ID)).status, "stopped");
  assert.deepEqual(time.pauses, [7, 7, 7, 2.5]);
  const gone = await faulty(t, [refusal(404, "NOT_FOUND")]);
  await assert.rejects(patient(gone.address).client.waitForScan(ID), NotFoundError);
  assert.equal(gone.asked.length, 1);
});

test("waiting ends at its deadline", async (t) => {
  const server = await faulty(t, [scan("running")]);
  const { client, time } = patient(server.address);
  await assert.rejects(client.waitForScan(ID, { timeoutSeconds: 60 }), (error) => {
    return error instanceof WaitTimeoutError && error.scanId === ID && /60 s/.test(error.message);
  });
  assert.deepEqual([time.now, server.asked.length], [57.5, 24]);
});

test("watching goes on after a break and tells each finding once", async (t) => {
  const server = await faulty(t, [
    stream([["progress", "h.0", PROGRESS], ["finding", "h.1", FINDING]], "retry: 3000\n\n"),
    DROP,
    refusal(503, "SERVICE_UNAVAILABLE", { "Retry-After": "5" }),
    stream([["finding", "k.1", FINDING], ["news", "k.1", {}], ["end", "end", END]]),
  ]);
  const { client, time } = patient(server.address);
  const events = await all(client.watchScan(ID));
  assert.deepEqual(events.map((event) => event.type), ["progress", "finding", "end"]);
  assert.deepEqual(server.asked.map((ask) => ask.headers["last-event-id"]), [undefined, "h.1", "h.1", "h.1"]);
  assert.deepEqual(time.pauses, [3.25, 3.5, 6]);
});

test("watching gives up after failures in a row and at its deadline", async (t) => {
  const dead = await faulty(t, [DROP]);
  await assert.rejects(all(patient(dead.address).client.watchScan(ID)), ConnectionFailedError);
  assert.equal(dead.asked.length, 4);
  const endless = await faulty(t, [stream([["progress", "h.0", PROGRESS]])]);
  const { client, time } = patient(endless.address);
  await assert.rejects(all(client.watchScan(ID, { timeoutSeconds: 10 })), WaitTimeoutError);
  assert.ok(time.now < 10);
});

test("watching a scan that has ended ends", async (t) => {
  const server = await faulty(t, [stream([["progress", "end", PROGRESS]]), { status: 204, headers: {}, body: "" }]);
  assert.equal((await all(patient(server.address).client.watchScan(ID))).length, 1);
});

test("exports are whole or not there", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "scanfleet-"));
  t.after(() => rm(folder, { recursive: true }));
  const whole = { status: 200, headers: {}, body: "x".repeat(300_000) };
  const cut = { ...whole, headers: { "Content-Length": "400000" }, cut: true };
  const server = await faulty(t, [whole, whole, whole, cut]);
  const client = new Client(server.address);
  assert.equal(await exportFile(client, ID, "json", join(folder, "a.json")), 300_000);
  assert.equal((await readFile(join(folder, "a.json"))).length, 300_000);
  assert.equal((await client.exportBytes(ID, "csv")).length, 300_000);
  await assert.rejects(client.exportBytes(ID, "pdf", { maxBytes: 1_000 }), UnexpectedAnswerError);
  await assert.rejects(exportFile(client, ID, "json", join(folder, "b.json")), ConnectionFailedError);
  assert.deepEqual(await readdir(folder), ["a.json"]);
  await assert.rejects(client.exportBytes(ID, "../../tokens"), /format/);
});

test("an export that can't begin is tried again", async (t) => {
  const away = refusal(503, "SERVICE_UNAVAILABLE", { "Retry-After": "5" });
  const server = await faulty(t, [away, DROP, { status: 200, headers: {}, body: "{}" }]);
  const { client, time } = patient(server.address);
  assert.equal(new TextDecoder().decode(await client.exportBytes(ID, "json")), "{}");
  assert.deepEqual(time.pauses, [5.25, 0.5]);
});

test("a slow reader of an export isn't cut off", async (t) => {
  const server = await faulty(t, [{ status: 200, headers: {}, body: "x".repeat(300_000) }]);
  const client = new Client(server.address, null, { timeoutSeconds: 0.1 });
  let size = 0;
  for await (const piece of client.exportPieces(ID, "csv")) {
    if (size === 0) await new Promise((resolve) => setTimeout(resolve, 200));
    size += piece.length;
  }
  assert.equal(size, 300_000);
});

test("a log-in is used until the log-out and never shown", async (t) => {
  const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefgh";
  const loggedIn = answer({ access_token: token, token_type: "Bearer", expires_in: 86400 });
  const checks = answer({ items: [], total: 0 });
  const server = await faulty(t, [loggedIn, checks, answer({ revoked: true }), checks]);
  const client = new Client(server.address);
  const answered = await client.login("ann@example.com", "correct horse");
  assert.equal(answered.access_token, token);
  assert.ok(!`${inspect(answered)}${JSON.stringify(answered)}`.includes(token));
  await client.listChecks();
  await client.logout();
  await client.listChecks();
  const credentials = server.asked.map((ask) => ask.headers.authorization);
  assert.deepEqual(credentials, [undefined, `Bearer ${token}`, `Bearer ${token}`, undefined]);
});

test("a webhook's message is read once it is verified", async () => {
  const one = vectors("webhooks").cases[0];
  const body = Buffer.from(one.body_base64, "base64");
  const event = await readWebhook(body, one.header, one.secret, { now: one.now });
  assert.deepEqual([event.event, event.data.score], ["scan.complete", 81.5]);
  assert.equal((await readWebhook(body.toString(), one.header, one.secret, { now: one.now })).event, "scan.complete");
  await assert.rejects(readWebhook(body, one.header, one.secret), /replay/);
  await assert.rejects(readWebhook(body, one.header, ""), /secret/);
});
