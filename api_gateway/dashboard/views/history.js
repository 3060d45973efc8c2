// All scans of the account, and how a site's score went.

import { get } from "../api.js";
import { MODES, STATUSES, number, plural, time, tone } from "../format.js";
import { Link, navigate, to, useQuery } from "../router.js";
import { Ago, Button, ButtonLink, Chart, Empty, Field, FilterBar, Loaded, Pager, StatusBadge, Table, html, useEffect, useLoad, useSettled, useState, useTitle } from "../ui.js";

const PER_PAGE = 25;
const PLOTTED = 50;

const score = (item) => (item.score === null ? html`<span class="soft">–</span>` : html`<span class=${`toned ${tone(item.score)}`}>${Math.round(item.score)}</span>`);

/** Scores over time of the address and mode with most complete scans among those that the filter finds. */
function Plot({ url, mode }) {
  const load = useLoad((signal) => get("/history", { url, mode, status: "complete", per_page: PLOTTED }, { signal }), [url, mode]);
  const [chosen, choose] = useState("");
  const groups = new Map();
  for (const item of load.data?.items ?? []) {
    const name = `${item.url} (${MODES[item.mode].toLowerCase()})`;
    groups.set(name, [item, ...(groups.get(name) ?? [])]);
  }
  const names = [...groups.keys()].filter((name) => groups.get(name).length > 1).sort((a, b) => groups.get(b).length - groups.get(a).length);
  if (!names.length) return null;
  const name = names.includes(chosen) ? chosen : names[0];
  const items = groups.get(name);
  return html`<section class="panel section" aria-label="Score over time">
    ${names.length > 1 && html`<${Field} as="select" label="Plotted" value=${name} onChange=${(event) => choose(event.target.value)}>${names.map((one) => html`<option key=${one} value=${one}>${one}</option>`)}<//>`}
    <${Chart} title=${`Score of ${name}`} times=${items.map((one) => one.finished_at)} lines=${[{ label: "Score", values: items.map((one) => one.score) }]} range=${[0, 100]} /></section>`;
}

function Scans({ items, chosen, onChoose }) {
  const toggle = (item) => onChoose(chosen.some((one) => one.scan_id === item.scan_id) ? chosen.filter((one) => one.scan_id !== item.scan_id) : [...chosen.slice(-1), item]);
  const columns = [
    {
      label: html`<span class="sr-only">Compare</span>`,
      cell: (item) => html`<input type="checkbox" aria-label=${`Compare the scan of ${item.url}, ${time(item.created_at)}`} disabled=${item.status !== "complete"}
        checked=${chosen.some((one) => one.scan_id === item.scan_id)} onChange=${() => toggle(item)} />`,
    },
    { label: "Address", cell: (item) => html`<${Link} href=${`/scans/${item.scan_id}`}><span class="mono">${item.url}</span><//>${item.reason && html`<br /><span class="soft">${item.reason}</span>`}` },
    { label: "Kind", hide: true, cell: (item) => html`<span class="still">${MODES[item.mode]}</span>` },
    { label: "Status", cell: (item) => html`<${StatusBadge} of=${item.status} names=${STATUSES} />` },
    { label: "Pages", num: true, hide: true, cell: (item) => number(item.pages) },
    { label: "Score", num: true, cell: score },
    { label: "Started", hide: true, cell: (item) => html`<${Ago} at=${item.created_at} />` },
  ];
  return html`<${Table} caption="Scans" columns=${columns} rows=${items} rowKey=${(item) => item.scan_id} />`;
}

function Compare({ chosen, onClear }) {
  const [before, after] = [...chosen].sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
  return html`<p class="row notice plain" role="status">${chosen.length === 1 ? "Choose a second scan of the same site to compare." : "Two scans chosen."}
    ${after && html`<${Button} kind="primary" onClick=${() => navigate(to(`/scans/${after.scan_id}/changes`, { against: before.scan_id }))}>Compare<//>`}
    <${Button} kind="quiet" onClick=${onClear}>Clear<//></p>`;
}

export default function History() {
  useTitle("History");
  const [query, set] = useQuery();
  const [typed, setTyped] = useState(query.url ?? "");
  const settled = useSettled(typed);
  const [chosen, choose] = useState([]);
  useEffect(() => void (settled !== (query.url ?? "") && set({ url: settled, page: "" })), [settled]);
  const page = Math.max(1, Number(query.page) || 1);
  const { url, mode, status } = query;
  const load = useLoad((signal) => get("/history", { page, per_page: PER_PAGE, url, mode, status }, { signal }), [page, url, mode, status]);
  const select = (name, label, options) =>
    html`<${Field} as="select" label=${label} value=${query[name] ?? ""} onChange=${(event) => set({ [name]: event.target.value, page: "" })}>
      <option value="">All</option>${Object.entries(options).map(([id, text]) => html`<option key=${id} value=${id}>${text}</option>`)}<//>`;
  return html`<div class="viewhead"><div><h1>History</h1></div><${ButtonLink} kind="primary" href="/">New scan<//></div>
    <${FilterBar} label="Filter the scans">
      <${Field} grow label="Address contains" type="search" value=${typed} maxlength="500" onInput=${(event) => setTyped(event.target.value)} />
      ${select("mode", "Kind", MODES)}${select("status", "Status", STATUSES)}
    <//>
    ${url && html`<${Plot} url=${url} mode=${mode} />`}
    ${chosen.length > 0 && html`<${Compare} chosen=${chosen} onClear=${() => choose([])} />`}
    <${Loaded} of=${load} what="Loading your scans">${({ items, total }) => {
      if (!items.length && !url && !mode && !status) return html`<${Empty} title="No scans yet" action=${html`<${ButtonLink} kind="primary" href="/">Start one<//>`} />`;
      if (!items.length) return html`<${Empty} title="No scan fits these filters" />`;
      return html`<p class="soft" role="status">${plural(total, "scan")}</p><${Scans} items=${items} chosen=${chosen} onChoose=${choose} />
        <${Pager} page=${page} perPage=${PER_PAGE} total=${total} onPage=${(next) => set({ page: next === 1 ? "" : next }, { replace: false })} />`;
    }}<//>`;
}
