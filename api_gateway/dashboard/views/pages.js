// All pages of a scan, filtered by the server and read as one scrolls.

import { useQuery } from "../router.js";
import { Empty, Field, FilterBar, html, useEffect, useSettled, useState } from "../ui.js";
import { PageList } from "./page-list.js";
import { useTexts } from "./texts.js";

const STATUSES = [200, 301, 302, 304, 400, 401, 403, 404, 410, 429, 500, 502, 503, 504];

export function Pages({ scan }) {
  const [query, set] = useQuery();
  const [typed, setTyped] = useState(query.q ?? "");
  const settled = useSettled(typed);
  const { data: texts } = useTexts(scan);
  useEffect(() => void (settled !== (query.q ?? "") && set({ q: settled, cursor: "" })), [settled]);
  const filtered = Boolean(query.q || query.status || query.check);
  const clear = () => (setTyped(""), set({ q: "", status: "", check: "", cursor: "" }));
  const known = [...(texts?.entries() ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  return html`<h2 class="sr-only">Pages</h2>
    <${FilterBar} label="Filter the pages">
      <${Field} grow label="Address contains" type="search" value=${typed} maxlength="500" onInput=${(event) => setTyped(event.target.value)} />
      <${Field} as="select" label="Status" value=${query.status ?? ""} onChange=${(event) => set({ status: event.target.value, cursor: "" })}>
        <option value="">Any</option>${STATUSES.map((one) => html`<option key=${one} value=${one}>${one}</option>`)}<//>
      <${Field} as="select" label="Has the issue" value=${query.check ?? ""} onChange=${(event) => set({ check: event.target.value, cursor: "" })}>
        <option value="">Any or none</option>${known.map(([id]) => html`<option key=${id} value=${id}>${id}</option>`)}
        ${query.check && !texts?.has(query.check) && html`<option value=${query.check}>${query.check}</option>`}<//>
      <${Field} as="select" label="Order" value=${query.sort ?? ""} onChange=${(event) => set({ sort: event.target.value, cursor: "" })}>
        <option value="">As found</option><option value="score">Lowest score first</option><//>
    <//>
    <${PageList} scan=${scan} filters=${{ url: query.q, status: query.status, check: query.check, sort: query.sort === "score" ? "score" : "" }} evidenceOf=${query.check}
      total=${filtered ? undefined : scan.progress.done}
      empty=${html`<${Empty} title=${filtered ? "No page fits these filters" : "No pages"}
        action=${filtered && html`<button type="button" class="button" onClick=${clear}>Clear the filters</button>`} />`} />`;
}
