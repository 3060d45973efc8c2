// The catalogue: what is judged, why, and where each rule comes from.

import { get } from "../api.js";
import { CATEGORIES, SEVERITIES, plural } from "../format.js";
import { useQuery } from "../router.js";
import { Empty, Field, FilterBar, Loaded, Severity, html, useLoad, useTitle } from "../ui.js";
import { Explained } from "./explained.js";

const fits = (check, { q = "", category, severity }) =>
  (!category || check.category === category) &&
  (!severity || check.severities.includes(severity)) &&
  `${check.id} ${check.title} ${check.fix}`.toLowerCase().includes(q.trim().toLowerCase());

function Found({ items, query }) {
  const found = items.filter((check) => fits(check, query));
  if (!found.length) return html`<${Empty} title="No check fits">Take a filter away.<//>`;
  return html`<p class="soft" role="status">${plural(found.length, "check")}</p>
    <ul class="issues">${found.map(
      (check) => html`<li key=${check.id}><details><summary><${Severity} of=${check.severity} /><span class="issue-title">${check.title}
        <code class="soft">${check.id}</code></span></summary><div class="unfold"><${Explained} of=${check} /></div></details></li>`,
    )}</ul>`;
}

export default function Checks() {
  useTitle("Checks");
  const [query, set] = useQuery();
  const load = useLoad((signal) => get("/checks", {}, { signal }), []);
  return html`<div class="viewhead"><div><h1>Catalogue of checks</h1>
      <p class="lead">What every page and every site is judged by. Ids are what the API, exports and options use.</p></div></div>
    <${FilterBar} label="Filter the checks">
      <${Field} grow label="Search" type="search" value=${query.q ?? ""} onInput=${(event) => set({ q: event.target.value })} />
      <${Field} as="select" label="Category" value=${query.category ?? ""} onChange=${(event) => set({ category: event.target.value })}>
        <option value="">All</option>${Object.entries(CATEGORIES).map(([id, name]) => html`<option value=${id}>${name}</option>`)}<//>
      <${Field} as="select" label="Severity" value=${query.severity ?? ""} onChange=${(event) => set({ severity: event.target.value })}>
        <option value="">All</option>${SEVERITIES.map((one) => html`<option value=${one}>${one}</option>`)}<//>
    <//>
    <${Loaded} of=${load} what="Loading the catalogue">${({ items }) => html`<${Found} items=${items} query=${query} />`}<//>`;
}
