// All issues of a scan, to be narrowed down.

import { CATEGORIES, SEVERITIES, number, percent, plural, points } from "../format.js";
import { Link, to, useQuery } from "../router.js";
import { Empty, Field, FilterBar, Loaded, Meter, Severity, Table, html, useLoad } from "../ui.js";
import { issuesOf } from "./texts.js";

const fits = (issue, { q = "", category, severity }) =>
  (!category || issue.category === category) &&
  (!severity || issue.severity === severity) &&
  `${issue.check} ${issue.title} ${issue.fix}`.toLowerCase().includes(q.trim().toLowerCase());

const rank = (issue) => SEVERITIES.indexOf(issue.severity);
/** The API gives them by points. */
const ORDERS = {
  severity: ["Severity", (a, b) => rank(a) - rank(b) || b.pages - a.pages],
  pages: ["Affected pages", (a, b) => b.pages - a.pages || rank(a) - rank(b)],
};

/** Issues as a table; each leads to its affected pages. */
export function IssueTable({ scan, items }) {
  const columns = [
    { label: "Severity", hide: true, cell: (one) => html`<${Severity} of=${one.severity} />` },
    {
      label: "Issue",
      cell: (one) => html`<span class="narrow-only"><${Severity} of=${one.severity} /></span><${Link} href=${to(`/scans/${scan.scan_id}/issues/${one.check}`, { severity: one.severity })}>${one.title}<//><br /><code class="soft">${one.check}</code>`,
    },
    { label: "Category", hide: true, cell: (one) => CATEGORIES[one.category] ?? one.category },
    { label: "Pages", num: true, cell: (one) => html`${number(one.pages)}<br /><span class="soft">${percent(one.share)}</span>` },
    { label: html`<span class="sr-only">Drawn</span>`, hide: true, cell: (one) => html`<${Meter} share=${one.share} />` },
    { label: "Points back", num: true, cell: (one) => html`<b>${one.points_back > 0 ? points(one.points_back, true) : "–"}</b>` },
  ];
  return html`<${Table} caption="Issues" columns=${columns} rows=${items} rowKey=${(one) => one.check + one.severity} />`;
}

export function Issues({ scan }) {
  const [query, set] = useQuery();
  const load = useLoad((signal) => issuesOf(scan, signal), [scan.scan_id]);
  const select = (name, label, options, none = "All") =>
    html`<${Field} as="select" label=${label} value=${query[name] ?? ""} onChange=${(event) => set({ [name]: event.target.value })}>
      <option value="">${none}</option>${options.map(([id, text]) => html`<option key=${id} value=${id}>${text}</option>`)}<//>`;
  return html`<h2 class="sr-only">Issues</h2>
    <${FilterBar} label="Filter the issues">
      <${Field} grow label="Search" type="search" placeholder="Words or a check's id" value=${query.q ?? ""} onInput=${(event) => set({ q: event.target.value })} />
      ${select("severity", "Severity", SEVERITIES.map((one) => [one, one[0].toUpperCase() + one.slice(1)]))}
      ${select("category", "Category", Object.entries(CATEGORIES))}
      ${select("sort", "Order", Object.entries(ORDERS).map(([id, [label]]) => [id, label]), "Points back")}
    <//>
    <${Loaded} of=${load} what="Loading the issues">${(items) => {
      const fitting = items.filter((one) => fits(one, query));
      const found = ORDERS[query.sort] ? fitting.sort(ORDERS[query.sort][1]) : fitting;
      if (!items.length) return html`<${Empty} title="No issues">Every check that applies has passed.<//>`;
      if (!found.length) return html`<${Empty} title="No issue fits these filters" action=${html`<${Link} href=${`/scans/${scan.scan_id}/issues`}>Show all<//>`} />`;
      return html`<p class="soft" role="status">${plural(found.length, "issue")}</p><${IssueTable} scan=${scan} items=${found} />`;
    }}<//>`;
}
