// Pages of a scan, however many: a stretch at a time, drawn only where one looks.

import { get } from "../api.js";
import { number, path, tone } from "../format.js";
import { Link, to, useQuery } from "../router.js";
import { VirtualList, html, useRef } from "../ui.js";
import { bySeverity, tally } from "./texts.js";

const HEIGHT = 54;
const ERRORS = {
  blocked_by_robots: "robots.txt",
  timeout: "Timeout",
  dns: "No such host",
  connection: "No connection",
  tls: "TLS",
  too_large: "Too large",
};

/** Where a page's detail is; the cursor that its stretch begins with finds it again at once. */
export const pageHref = (scan, url, { cursor, check } = {}) => to(`/scans/${scan.scan_id}/page`, { url, cursor, check });

/** The part of a URL that all pages of the scan share. */
export const siteOf = (scan) => scan.url.match(/^https?:\/\/[^/?#]+/i)?.[0];

/** A page's status in a word: its number, or why there is none. */
export function Status({ of }) {
  const kind = of.status === null ? "bad" : of.status >= 400 ? "bad" : of.redirects.length ? "warn" : "good";
  const word = of.status ?? ERRORS[of.error] ?? of.error ?? "none";
  return html`<span class=${`badge ${kind}`} title=${of.error ?? undefined}>${of.redirects.length ? `${of.redirects[0].status} → ` : ""}${word}</span>`;
}

/** Counts by severity, the most severe first. */
export function Tally({ findings }) {
  return html`<span class="tally">${tally(findings).map(
    ([severity, count]) => html`<span key=${severity} class=${`sev ${severity}`} title=${severity}><span class="sr-only">${severity}: </span>${count}</span>`,
  )}</span>`;
}

const Score = ({ of }) => (of === null ? html`<span class="soft">–</span>` : html`<span class=${`toned ${tone(of)}`}>${Math.round(of)}</span>`);

function Name({ scan, item, cursor, check }) {
  return html`<div role="cell"><${Link} class="clip" href=${pageHref(scan, item.url, { cursor, check })}>${path(item.url, siteOf(scan))}<//>
    <span class="soft clip">${item.title || (item.error ? "not read" : "no title")}</span></div>`;
}

/** Addresses of this site without what they share, so that what differs is seen. */
const shorter = (evidence, site) => (site ? evidence.replaceAll(`${site}/`, "/") : evidence);

function Evidence({ item, check, site }) {
  const found = bySeverity(item.findings).filter((one) => one.check === check);
  const [first] = found;
  if (!first) return html`<div role="cell"></div>`;
  const more = found.length > 1 ? ` and ${number(found.length - 1)} more` : first.count > 1 ? `, ${number(first.count)} times` : "";
  return html`<div role="cell"><code class="clip" title=${first.evidence}>${shorter(first.evidence, site) || "–"}</code>
    <span class="soft clip">${first.position}${more}</span></div>`;
}

/** `filters` are those of GET /scans/{id}/pages; with `evidenceOf` the rows show what that check found. */
export function PageList({ scan, filters, evidenceOf, total, empty }) {
  const [query, set] = useQuery();
  const key = JSON.stringify([scan.scan_id, filters]);
  const begun = useRef(null);
  if (begun.current?.key !== key) begun.current = { key, start: begun.current ? undefined : query.cursor };
  const { start } = begun.current;
  const restart = () => ((begun.current = { key, start: undefined }), set({ cursor: "" }));
  const load = (cursor, signal) => get(`/scans/${scan.scan_id}/pages`, { ...filters, cursor, limit: 100 }, { signal });
  const titles = evidenceOf ? ["Page", "Evidence", "Status", "Score"] : ["Page", "Findings", "Status", "Score", "Depth", "Time"];
  const head = titles.map((title) => html`<span key=${title} role="columnheader" class=${["Score", "Depth", "Time"].includes(title) ? "num" : ""}>${title}</span>`);
  // A place in another order finds nothing in the order that the page's own view looks through.
  const row = (item, cursor) => html`<${Name} scan=${scan} item=${item} cursor=${filters.sort ? undefined : cursor} check=${filters.check} />
    ${evidenceOf ? html`<${Evidence} item=${item} check=${evidenceOf} site=${siteOf(scan)} />` : html`<div role="cell"><${Tally} findings=${item.findings} /></div>`}
    <div role="cell"><${Status} of=${item} /></div>
    <div role="cell" class="num"><${Score} of=${item.score} /></div>
    ${!evidenceOf && html`<div role="cell" class="num soft">${item.depth ?? "–"}</div>
      <div role="cell" class="num soft">${item.duration_ms === null ? "–" : `${number(item.duration_ms)} ms`}</div>`}`;
  return html`<div class=${evidenceOf ? "pages evidence" : "pages"}>
    ${start && html`<p class="row"><span class="soft">This list begins where the link says.</span> <button type="button" class="button small" onClick=${restart}>Show from the beginning</button></p>`}
    <${VirtualList} name=${key + (start ?? "")} label="Pages" load=${load} start=${start} row=${row} height=${HEIGHT} head=${head} total=${start ? undefined : total}
      empty=${empty} onPlace=${(cursor) => set({ cursor })} /></div>`;
}
