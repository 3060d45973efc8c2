// The issues of a scan, read once for all its views, and the texts of checks.

import { get } from "../api.js";
import { SEVERITIES } from "../format.js";
import { useLoad } from "../ui.js";

const LIMIT = 500;
const KEPT = 4; // scans whose issues are remembered
const cache = new Map();

async function readAll(path, signal) {
  const items = [];
  let cursor;
  do {
    const part = await get(path, { limit: LIMIT, cursor }, { signal });
    items.push(...part.items);
    cursor = part.next_cursor;
  } while (cursor);
  return items;
}

/** All issues of an ended scan, most points back first; there are at most checks times severities of them. */
export async function issuesOf(scan, signal) {
  if (cache.has(scan.scan_id)) return cache.get(scan.scan_id);
  const items = await readAll(`/scans/${scan.scan_id}/issues`, signal);
  cache.set(scan.scan_id, items);
  if (cache.size > KEPT) cache.delete(cache.keys().next().value);
  return items;
}

let catalogue = null;

/** The catalogue of checks by id. */
export async function checks(signal) {
  catalogue ??= new Map((await get("/checks", {}, { signal })).items.map((one) => [one.id, one]));
  return catalogue;
}

/** Texts by check: those of the scan's issues; a scan that was stopped has none, so the catalogue's. */
export function useTexts(scan) {
  return useLoad(
    async (signal) => {
      const issues = scan.status === "complete" ? await issuesOf(scan, signal) : [];
      return issues.length ? new Map(issues.map((one) => [one.check, one])) : checks(signal);
    },
    [scan.scan_id],
  );
}

const rank = (severity) => SEVERITIES.indexOf(severity);
/** Findings, the most severe first. */
export const bySeverity = (findings) => [...findings].sort((a, b) => rank(a.severity) - rank(b.severity));

/** How many findings of each severity, the most severe first: `[[severity, count]]`. */
export function tally(findings) {
  const counts = SEVERITIES.map((one) => [one, findings.filter((finding) => finding.severity === one).length]);
  return counts.filter(([, count]) => count);
}
