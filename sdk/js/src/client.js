// The client.

import { exportPieces, inMemory } from "./exporting.js";
import { parsedObject } from "./errors.js";
import { byCursor, byNumber } from "./paging.js";
import { Transport } from "./transport.js";
import { Watch, polled } from "./waiting.js";
import { newKey } from "./web-crypto.js";

const WAIT_SECONDS = 3_600;

/** The object with a secret that logs and JSON.stringify don't show. */
function hiding(name, data) {
  Object.defineProperty(data, name, { value: data[name], enumerable: false });
  return data;
}

/** A caller of one service: see the types for what each method takes and gives. */
export class Client {
  #transport;

  constructor(baseUrl, token = null, options = {}) {
    this.#transport = new Transport(baseUrl, token, options);
  }

  // Signing in

  register(email, password, { signal } = {}) {
    return this.#transport.data("POST", "/auth/register", [], { body: { email, password }, signal });
  }

  async login(email, password, { signal } = {}) {
    const answer = await this.#transport.data("POST", "/auth/login", [], { body: { email, password }, signal });
    this.#transport.use(answer.access_token);
    return hiding("access_token", answer);
  }

  verify({ signal } = {}) {
    return this.#transport.data("GET", "/auth/verify", [], { signal });
  }

  async logout({ signal } = {}) {
    const answer = await this.#transport.data("POST", "/auth/logout", [], { signal });
    this.#transport.use(null);
    return answer;
  }

  // API keys

  listTokens({ signal } = {}) {
    return this.#transport.data("GET", "/tokens", [], { signal });
  }

  async createToken(name, { scopes, mode, signal } = {}) {
    return hiding("token", await this.#transport.data("POST", "/tokens", [], { body: { name, scopes, mode }, signal }));
  }

  async regenerateToken(tokenId, { signal } = {}) {
    return hiding("token", await this.#transport.data("POST", "/tokens/{id}/regenerate", [tokenId], { signal }));
  }

  revokeToken(tokenId, { signal } = {}) {
    return this.#transport.data("DELETE", "/tokens/{id}", [tokenId], { signal });
  }

  // Scans

  async createScan(url, { mode = "single", options, webhookUrl, idempotencyKey, signal } = {}) {
    const body = { url, mode, options, webhook_url: webhookUrl };
    return this.#transport.data("POST", "/scans", [], { body, key: idempotencyKey ?? (await newKey()), signal });
  }

  async createScans(urls, { options, webhookUrl, idempotencyKey, signal } = {}) {
    const body = { urls, options, webhook_url: webhookUrl };
    return this.#transport.data("POST", "/scans/bulk", [], { body, key: idempotencyKey ?? (await newKey()), signal });
  }

  getScan(scanId, { signal } = {}) {
    return this.#transport.data("GET", "/scans/{scan_id}", [scanId], { signal });
  }

  stopScan(scanId, { signal } = {}) {
    return this.#transport.data("POST", "/scans/{scan_id}/stop", [scanId], { signal });
  }

  pollScan(scanId, { timeoutSeconds = WAIT_SECONDS, signal } = {}) {
    return polled(this.#transport, scanId, { seconds: timeoutSeconds, signal });
  }

  async waitForScan(scanId, { timeoutSeconds, onProgress, signal } = {}) {
    let last;
    for await (last of this.pollScan(scanId, { timeoutSeconds, signal })) onProgress?.(last);
    return last;
  }

  watchScan(scanId, { timeoutSeconds = WAIT_SECONDS, signal } = {}) {
    return new Watch(this.#transport, scanId, { seconds: timeoutSeconds, signal }).events();
  }

  getDiff(scanId, { against, cursor, limit, signal } = {}) {
    const query = { against, cursor, limit };
    return this.#transport.data("GET", "/scans/{scan_id}/diff", [scanId], { query, signal });
  }

  listPages(scanId, { cursor, limit, sort, check, status, url, signal } = {}) {
    const query = { cursor, limit, sort, check, status, url };
    return this.#transport.data("GET", "/scans/{scan_id}/pages", [scanId], { query, signal });
  }

  iterPages(scanId, options = {}) {
    return byCursor((cursor) => this.listPages(scanId, { limit: 500, ...options, cursor }));
  }

  listIssues(scanId, { cursor, limit, severity, category, signal } = {}) {
    const query = { cursor, limit, severity, category };
    return this.#transport.data("GET", "/scans/{scan_id}/issues", [scanId], { query, signal });
  }

  iterIssues(scanId, options = {}) {
    return byCursor((cursor) => this.listIssues(scanId, { limit: 500, ...options, cursor }));
  }

  listHistory({ page, perPage, mode, status, url, signal } = {}) {
    const query = { page, per_page: perPage, mode, status, url };
    return this.#transport.data("GET", "/history", [], { query, signal });
  }

  iterHistory(options = {}) {
    return byNumber((page) => this.listHistory({ perPage: 50, ...options, page }));
  }

  // Exports

  exportPieces(scanId, format, options = {}) {
    return exportPieces(this.#transport, scanId, format, options);
  }

  exportBytes(scanId, format, { maxBytes, ...options } = {}) {
    return inMemory(this.exportPieces(scanId, format, options), maxBytes);
  }

  // The user

  getProfile({ signal } = {}) {
    return this.#transport.data("GET", "/user/profile", [], { signal });
  }

  getUsage({ signal } = {}) {
    return this.#transport.data("GET", "/user/usage", [], { signal });
  }

  // Monitors

  listMonitors({ cursor, limit, signal } = {}) {
    const query = { cursor, limit };
    return this.#transport.data("GET", "/monitors", [], { query, signal });
  }

  iterMonitors(options = {}) {
    return byCursor((cursor) => this.listMonitors({ limit: 500, ...options, cursor }));
  }

  createMonitor(url, schedule, { timezone, mode, options, name, enabled, alerts, mails, signal } = {}) {
    const body = { url, schedule, timezone, mode, options, name, enabled, alerts, mails };
    return this.#transport.data("POST", "/monitors", [], { body, signal });
  }

  getMonitor(monitorId, { signal } = {}) {
    return this.#transport.data("GET", "/monitors/{id}", [monitorId], { signal });
  }

  changeMonitor(monitorId, { signal, ...change } = {}) {
    const { url, schedule, timezone, mode, options, name, enabled, alerts, mails } = change;
    const body = { url, schedule, timezone, mode, options, name, enabled, alerts, mails };
    return this.#transport.data("PATCH", "/monitors/{id}", [monitorId], { body, signal });
  }

  deleteMonitor(monitorId, { signal } = {}) {
    return this.#transport.data("DELETE", "/monitors/{id}", [monitorId], { signal });
  }

  runMonitor(monitorId, { signal } = {}) {
    return this.#transport.data("POST", "/monitors/{id}/run", [monitorId], { signal });
  }

  listRuns(monitorId, { cursor, limit, signal } = {}) {
    const query = { cursor, limit };
    return this.#transport.data("GET", "/monitors/{id}/runs", [monitorId], { query, signal });
  }

  iterRuns(monitorId, options = {}) {
    return byCursor((cursor) => this.listRuns(monitorId, { limit: 500, ...options, cursor }));
  }

  listAlerts(monitorId, { cursor, limit, signal } = {}) {
    const query = { cursor, limit };
    return this.#transport.data("GET", "/monitors/{id}/alerts", [monitorId], { query, signal });
  }

  iterAlerts(monitorId, options = {}) {
    return byCursor((cursor) => this.listAlerts(monitorId, { limit: 500, ...options, cursor }));
  }

  pageHistory(monitorId, url, { cursor, limit, signal } = {}) {
    const query = { url, cursor, limit };
    return this.#transport.data("GET", "/monitors/{id}/history", [monitorId], { query, signal });
  }

  iterPageHistory(monitorId, url, options = {}) {
    return byCursor((cursor) => this.pageHistory(monitorId, url, { limit: 500, ...options, cursor }));
  }

  // Webhooks

  listWebhooks({ signal } = {}) {
    return this.#transport.data("GET", "/webhooks", [], { signal });
  }

  async createWebhook(url, { events, signal } = {}) {
    return hiding("secret", await this.#transport.data("POST", "/webhooks", [], { body: { url, events }, signal }));
  }

  deleteWebhook(webhookId, { signal } = {}) {
    return this.#transport.data("DELETE", "/webhooks/{id}", [webhookId], { signal });
  }

  listDeliveries(webhookId, { cursor, limit, signal } = {}) {
    const query = { cursor, limit };
    return this.#transport.data("GET", "/webhooks/{id}/deliveries", [webhookId], { query, signal });
  }

  iterDeliveries(webhookId, options = {}) {
    return byCursor((cursor) => this.listDeliveries(webhookId, { limit: 500, ...options, cursor }));
  }

  // The service

  listChecks({ signal } = {}) {
    return this.#transport.data("GET", "/checks", [], { signal });
  }

  async getOpenapi({ signal } = {}) {
    return parsedObject(await this.#transport.call("GET", "/openapi.json", [], { signal }));
  }
}
