// The client against a running service; where that is stands in the environment (tests/sdk of the project sets it).

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";

import {
  API_VERSION,
  AuthenticationError,
  Client,
  ConflictError,
  InvalidRequestError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  SIGNATURE_HEADER,
  readWebhook,
} from "../src/index.js";
import { exportFile } from "../src/node.js";

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} isn't set`);
  return value;
}

const [URL_, KEY, SITE] = ["SCANFLEET_URL", "SCANFLEET_KEY", "SCANFLEET_SITE"].map(setting);
const [EMAIL, PASSWORD] = ["SCANFLEET_EMAIL", "SCANFLEET_PASSWORD"].map(setting);
const client = new Client(URL_, KEY);
let scanId = "";

async function all(source) {
  const found = [];
  for await (const one of source) found.push(one);
  return found;
}

before(async () => {
  const started = await client.createScan(`${SITE}/`, { mode: "sitemap", options: { max_pages: 50 } });
  scanId = started.scan_id;
  const seen = [];
  const onProgress = (now) => seen.push(now.progress.done);
  const scan = await client.waitForScan(scanId, { timeoutSeconds: 90, onProgress });
  assert.deepEqual([scan.status, seen.at(-1)], ["complete", scan.progress.found]);
});

test("a result is read whole", async () => {
  const scan = await client.getScan(scanId);
  assert.ok(scan.result.score > 0 && scan.result.score < 100);
  const pages = await all(client.iterPages(scanId, { limit: 3 }));
  assert.equal(new Set(pages.map((page) => page.url)).size, scan.progress.found);
  assert.ok(pages.length === scan.progress.found && pages.length > 6);
  const issues = await all(client.iterIssues(scanId, { limit: 5 }));
  assert.deepEqual(issues.slice(0, 5), (await client.listIssues(scanId, { limit: 5 })).items);
  assert.equal(issues.length, Object.values(scan.result.totals.issues).reduce((sum, one) => sum + one));
  const high = await all(client.iterIssues(scanId, { severity: "high" }));
  assert.ok(high.length > 0 && high.every((one) => one.severity === "high"));
  for (const page of await all(client.iterPages(scanId, { check: high[0].check }))) {
    assert.ok(page.findings.some((one) => one.check === high[0].check));
  }
  assert.deepEqual((await client.listPages(scanId, { url: "no such address" })).items, []);
  assert.notEqual((await client.listPages(scanId, { status: 200, limit: 1 })).next_cursor, null);
});

test("history and difference", async () => {
  const history = await all(client.iterHistory({ perPage: 1, mode: "sitemap", status: "complete" }));
  assert.ok(history.some((one) => one.scan_id === scanId));
  const diff = await client.getDiff(scanId, { against: scanId });
  assert.deepEqual([diff.score_change, diff.issues.new, diff.pages.changed.total], [0, [], 0]);
});

test("exports", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "scanfleet-"));
  t.after(() => rm(folder, { recursive: true }));
  const size = await exportFile(client, scanId, "json", join(folder, "scan.json"));
  const text = await readFile(join(folder, "scan.json"));
  assert.deepEqual([size, JSON.parse(text).scan.scan_id], [text.length, scanId]);
  assert.deepEqual([...(await client.exportBytes(scanId, "csv")).slice(0, 3)], [0xef, 0xbb, 0xbf]);
  const pdf = Buffer.concat(await all(client.exportPieces(scanId, "pdf")));
  assert.ok(pdf.toString("latin1").startsWith("%PDF-"));
});

test("events", async () => {
  const { scan_id } = await client.createScan(`${SITE}/`, { options: { delay_ms: 0 } });
  const events = await all(client.watchScan(scan_id, { timeoutSeconds: 60 }));
  assert.equal(events.at(-1).type, "end");
  assert.equal(events.at(-1).data.status, "complete");
  assert.deepEqual(new Set(events.map((event) => event.type)), new Set(["progress", "finding", "end"]));
});

test("a start is done once per key", async () => {
  const idempotencyKey = "js-live-1";
  const first = await client.createScan(`${SITE}/`, { idempotencyKey });
  assert.equal((await client.createScan(`${SITE}/`, { idempotencyKey })).scan_id, first.scan_id);
  await assert.rejects(client.createScan(`${SITE}/other`, { idempotencyKey }), ConflictError);
});

test("many", async () => {
  const { items } = await client.createScans([`${SITE}/`, "ftp://example.com/"]);
  assert.ok(items[0].scan_id);
  assert.equal(items[1].error.code, "INVALID_URL");
});

test("a scan is stopped", async () => {
  const options = { delay_ms: 10_000, concurrency: 1 };
  const { scan_id } = await client.createScan(`${SITE}/`, { mode: "crawl", options });
  assert.equal((await client.stopScan(scan_id)).scan_id, scan_id);
  assert.equal((await client.waitForScan(scan_id, { timeoutSeconds: 60 })).status, "stopped");
  await assert.rejects(client.stopScan(scan_id), ConflictError);
});

test("refusals have types", async () => {
  await assert.rejects(client.createScan("gopher://example.com/"), (error) => {
    return error instanceof InvalidRequestError && error.code === "INVALID_URL" && error.param === "url" && error.requestId !== null;
  });
  await assert.rejects(client.getScan("0199c2a1-7e40-7c3b-9d52-3f1b8a6c0e11"), NotFoundError);
  await assert.rejects(new Client(URL_, "sk_live_wrong").getProfile(), AuthenticationError);
});

test("keys", async () => {
  const made = await client.createToken("from a test", { scopes: ["read"], mode: "live" });
  const reader = new Client(URL_, made.token);
  assert.equal((await reader.getProfile()).email, EMAIL);
  await assert.rejects(reader.createScan(`${SITE}/`), (error) => {
    return error instanceof PermissionDeniedError && error.code === "INSUFFICIENT_SCOPE";
  });
  assert.notEqual((await client.regenerateToken(made.id)).token, made.token);
  assert.notEqual((await client.revokeToken(made.id)).revoked_at, null);
  assert.ok((await client.listTokens()).items.some((one) => one.id === made.id));
});

test("a log-in", async () => {
  const one = new Client(URL_);
  await assert.rejects(one.login(EMAIL, "another password"), { code: "INVALID_CREDENTIALS" });
  await one.login(EMAIL, PASSWORD);
  assert.equal((await one.verify()).email, EMAIL);
  assert.ok((await one.getUsage()).requests_24h >= 0);
  assert.equal((await one.logout()).revoked, true);
  await assert.rejects(one.getProfile(), AuthenticationError);
  assert.equal((await one.register("js@example.com", "a long enough password")).tier, "free");
});

test("a guest has a limit and isn't kept waiting for it", async () => {
  const guest = new Client(URL_);
  const twice = async () => {
    for (let times = 0; times < 2; times += 1) {
      const { scan_id } = await guest.createScan(`${SITE}/`);
      assert.ok(["running", "complete"].includes((await guest.getScan(scan_id)).status));
    }
  };
  await assert.rejects(twice(), (error) => error instanceof RateLimitError && error.retryAfter > 3_600);
});

test("the catalogue and the document", async () => {
  const checks = await client.listChecks();
  assert.ok(checks.total === checks.items.length && checks.total > 300);
  assert.equal((await client.getOpenapi()).info.version, API_VERSION);
});

test("monitors", async () => {
  const alerts = [{ kind: "score_below", score: 100 }, { kind: "scan_failed" }];
  const options = { timezone: "Europe/Berlin", name: "Shop", enabled: false, alerts };
  const made = await client.createMonitor(`${SITE}/`, "daily", options);
  assert.deepEqual([made.schedule, made.enabled, made.next_run_at], ["daily", false, null]);
  assert.equal((await client.changeMonitor(made.id, { name: "Shop 2" })).name, "Shop 2");
  assert.equal((await client.getMonitor(made.id)).name, "Shop 2");
  assert.ok((await all(client.iterMonitors({ limit: 1 }))).some((one) => one.id === made.id));
  const run = await client.runMonitor(made.id);
  assert.equal((await client.waitForScan(run.scan_id, { timeoutSeconds: 60 })).monitor_id, made.id);
  const runs = await all(client.iterRuns(made.id));
  assert.deepEqual(runs.map((one) => [one.outcome, one.scan_id, one.status]), [["by_hand", run.scan_id, "complete"]]);
  assert.deepEqual(made.alerts, alerts);
  assert.deepEqual(await all(client.iterAlerts(made.id)), (await client.listAlerts(made.id)).items);
  assert.deepEqual((await client.changeMonitor(made.id, { alerts: [] })).alerts, []);
  const pages = await all(client.iterPageHistory(made.id, `${SITE}/`));
  assert.deepEqual(pages.map((page) => page.scan_id), [run.scan_id]);
  assert.equal((await client.deleteMonitor(made.id)).deleted, true);
});

test("a webhook is delivered and verified", { timeout: 90_000 }, async (t) => {
  const got = [];
  let told = () => undefined;
  const server = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    got.push([Buffer.concat(pieces), request.headers[SIGNATURE_HEADER.toLowerCase()]]);
    response.writeHead(204).end();
    told();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${server.address().port}/hook`;
  const hook = await client.createWebhook(url, { events: ["scan.complete"] });
  const { scan_id } = await client.createScan(`${SITE}/`);
  // Other scans of this user's may end meanwhile.
  for (let at = 0, found = false; !found; at += 1) {
    while (got.length <= at) await new Promise((resolve) => (told = resolve));
    const [body, header] = got[at];
    await assert.rejects(readWebhook(Buffer.concat([body, Buffer.from(" ")]), header, hook.secret), { reason: "mismatch" });
    const event = await readWebhook(body, header, hook.secret);
    assert.deepEqual([event.event, event.data.url], ["scan.complete", `${SITE}/`]);
    found = event.data.scan_id === scan_id;
  }
  assert.ok((await all(client.iterDeliveries(hook.id))).length > 0);
  assert.ok((await client.listWebhooks()).items.some((one) => one.id === hook.id));
  assert.equal((await client.deleteWebhook(hook.id)).deleted, true);
});
