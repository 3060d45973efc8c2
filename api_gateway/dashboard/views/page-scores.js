// One page's score in each run of a monitor.

import { get } from "../api.js";
import { time, tone } from "../format.js";
import { Link, to } from "../router.js";
import { Chart, Empty, Loaded, Table, html, useLoad } from "../ui.js";

const LATEST = 100; // runs; with the quickest schedule four days

const seen = (point) => point.status !== null || point.error !== null;

export function PageScores({ monitor, url }) {
  const load = useLoad((signal) => get(`/monitors/${encodeURIComponent(monitor)}/history`, { url, limit: LATEST }, { signal }), [monitor, url]);
  const columns = [
    { label: "Run", cell: (point) => time(point.finished_at ?? point.due_at) },
    { label: "Answer", cell: (point) => (seen(point) ? (point.error ?? point.status) : html`<span class="soft">not in this run</span>`) },
    { label: "Title", hide: true, cell: (point) => point.title ?? html`<span class="soft">–</span>` },
    { label: "Score", num: true, cell: (point) => (point.score === null ? html`<span class="soft">–</span>` : html`<span class=${`toned ${tone(point.score)}`}>${Math.round(point.score)}</span>`) },
    { label: html`<span class="sr-only">Page</span>`, cell: (point) => (seen(point) ? html`<${Link} href=${to(`/scans/${point.scan_id}/page`, { url: load.data.url })}>Findings<//>` : "") },
  ];
  return html`<${Loaded} of=${load} what="Loading the page's scores">${({ items }) => {
    if (!items.some(seen)) return html`<${Empty} title="No run has this page"><code>${url}</code><//>`;
    const scored = items.filter((point) => point.score !== null && point.finished_at).reverse();
    return html`${scored.length > 1 && html`<${Chart} title="Score of the page in each run" times=${scored.map((point) => point.finished_at)}
        lines=${[{ label: "Score", values: scored.map((point) => point.score) }]} range=${[0, 100]} />`}
      <${Table} caption="The page in each run, latest first" columns=${columns} rows=${items} rowKey=${(point) => point.due_at} />`;
  }}<//>`;
}
