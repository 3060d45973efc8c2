// The report's first view: the score, what it is made of, and what to fix first.

import { get, session } from "../api.js";
import { CATEGORIES, SEVERITIES, decimal, number, percent, plural, points, tone } from "../format.js";
import { Link, to } from "../router.js";
import { Chart, Empty, Gauge, Meter, Severity, Table, html, useLoad } from "../ui.js";
import { Prose } from "./explained.js";

const INCOMPLETE = {
  time: "The scan reached its time limit; the pages that were left were not fetched.",
  budget: "The scan reached its page limit; further pages were found but not fetched.",
  depth: "Pages deeper than the scan's limit were found but not fetched.",
  trap: "Addresses that seem to go on for ever were not followed.",
};
const GATES = {
  home_not_indexable: "The score is held down because search engines may not index the start page.",
  not_indexable: "The score is held down because search engines may not index most of the pages.",
  broken: "The score is held down because most of the pages don't work.",
};
const FIRST = 8;
const WORTH = 0.05; // points that would be shown as 0.0

function Notices({ scan: { result, reason, status } }) {
  const told = [];
  if (status !== "complete" && reason) told.push(reason);
  if (result?.incomplete) told.push(INCOMPLETE[result.incomplete] ?? "Not every page of the site was fetched.");
  if (result && result.score === null) told.push("No page could be read, so there is no score.");
  for (const gate of result?.gates ?? []) told.push(GATES[gate] ?? `The score is limited: ${gate}.`);
  if (result?.suppressed.length) told.push(`Left out at your request: ${result.suppressed.join(", ")}.`);
  return told.map((text) => html`<p key=${text} class="notice">${text}</p>`);
}

function Categories({ scan }) {
  const columns = [
    { label: "Category", cell: (one) => html`<${Link} href=${to(`/scans/${scan.scan_id}/issues`, { category: one.id })}>${CATEGORIES[one.id] ?? one.id}<//>` },
    { label: "Weight", num: true, hide: true, cell: (one) => `${decimal(one.weight)} %` },
    { label: html`<span class="sr-only">Drawn</span>`, cell: (one) => html`<${Meter} share=${one.score / 100} tone=${tone(one.score)} />` },
    { label: "Score", num: true, cell: (one) => html`<span class=${`toned ${tone(one.score)}`}>${Math.round(one.score)}</span>` },
  ];
  return html`<${Table} caption="Scores of the categories" columns=${columns} rows=${scan.result.categories} rowKey=${(one) => one.id} />`;
}

function Score({ scan }) {
  const { result } = scan;
  const counts = SEVERITIES.filter((one) => result.totals.issues[one]);
  return html`<section class="panel score" aria-label="Score">
    <${Gauge} score=${result.score} grade=${result.grade} />
    <ul class="counts">${counts.map(
      (one) => html`<li key=${one}><${Link} href=${to(`/scans/${scan.scan_id}/issues`, { severity: one })}><${Severity} of=${one} /><b>${number(result.totals.issues[one])}</b><//></li>`,
    )}</ul>
    <p class="soft">${percent(result.coverage / 100)} of verdicts could be reached. Profile ${result.profile}.</p>
  </section>`;
}

function First({ scan }) {
  const { top_issues: issues } = scan.result;
  const items = issues.filter((one) => one.points_back >= WORTH).slice(0, FIRST);
  if (!issues.length) return html`<${Empty} title="Nothing to fix">No check of any weight fired.<//>`;
  if (!items.length) return html`<${Empty} title="Nothing costs points">What was found, all issues together hardly move the score.<//>`;
  const most = Math.max(...items.map((one) => one.points_back), 0.01);
  return html`<ol class="first">${items.map(
    (one) => html`<li key=${one.check + one.severity}>
      <div class="gain"><b>${points(one.points_back, true)}</b><${Meter} share=${one.points_back / most} /></div>
      <div><p><${Link} href=${to(`/scans/${scan.scan_id}/issues/${one.check}`, { severity: one.severity })}>${one.title}<//></p>
        <p class="soft"><${Prose} text=${one.fix[0].toUpperCase() + one.fix.slice(1)} /></p></div>
      <div class="where"><${Severity} of=${one.severity} /><span class="soft">${plural(one.pages, "page")}</span></div></li>`,
  )}</ol>`;
}

const said = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));

function Asked({ scan }) {
  const options = Object.entries(scan.options);
  if (!options.length) return null;
  return html`<details><summary>How this scan was asked for</summary>
    <dl class="facts">${options.map(([name, value]) => html`<dt><code>${name}</code></dt><dd class="mono">${said(value)}</dd>`)}</dl></details>`;
}

function OverTime({ scan }) {
  const load = useLoad(
    async (signal) => (await get("/history", { url: scan.url.slice(0, 500), mode: scan.mode, status: "complete", per_page: 50 }, { signal })).items,
    [scan.scan_id],
  );
  const items = (load.data ?? []).filter((one) => one.url === scan.url && one.score !== null).reverse();
  if (items.length < 2) return null;
  return html`<section class="panel section"><${Chart} title="Score over time" times=${items.map((one) => one.finished_at)}
    lines=${[{ label: "Score", values: items.map((one) => one.score) }]} range=${[0, 100]} /></section>`;
}

export function Overview({ scan }) {
  if (!scan.result) {
    return html`<${Notices} scan=${scan} /><${Empty} title="There is no score">The scan did not come to its end.${
      scan.progress.done > 0 && html` <${Link} href=${`/scans/${scan.scan_id}/pages`}>The ${scan.progress.done === 1 ? "page" : plural(scan.progress.done, "page")} done so far<//> can be read.`}<//>`;
  }
  return html`<${Notices} scan=${scan} />
    <div class="summary"><${Score} scan=${scan} /><section class="section"><h2>Categories</h2><${Categories} scan=${scan} /></section></div>
    <section class="section"><header><h2>Fix these first</h2><span class="soft">points that fixing each alone gives back</span></header>
      <${First} scan=${scan} />
      <p><${Link} href=${`/scans/${scan.scan_id}/issues`}>All issues<//></p></section>
    ${session.current && html`<${OverTime} scan=${scan} />`}
    <${Asked} scan=${scan} />`;
}
