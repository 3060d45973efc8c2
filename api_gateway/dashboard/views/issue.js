// One issue: why it matters, how to fix it, and the pages that have it, with the evidence.

import { number, percent, plural, points } from "../format.js";
import { Link, useQuery } from "../router.js";
import { Empty, Field, FilterBar, Loaded, Severity, html, useLoad } from "../ui.js";
import { Explained } from "./explained.js";
import { PageList, pageHref } from "./page-list.js";
import { issuesOf } from "./texts.js";

function Head({ scan, issue }) {
  const facts = [
    ["Pages", `${number(issue.pages)} (${percent(issue.share)} of those it applies to)`],
    ["Points lost", points(issue.points_lost)],
    ["Points back", issue.points_back > 0 ? points(issue.points_back, true) : "none by itself"],
  ];
  return html`<section class="panel section"><header><h2>${issue.title}</h2><span class="row"><${Severity} of=${issue.severity} /><code>${issue.check}</code></span></header>
    <div class="split"><${Explained} of=${issue} />
      <dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></div></section>`;
}

/** Findings that stand for the whole site belong to no page; their examples are all there is. */
function Examples({ scan, issue }) {
  if (!issue.examples.length) return html`<${Empty} title="No page has this issue by itself">It concerns the site as a whole.<//>`;
  return html`<ul class="issues plain">${issue.examples.map(
    (one) => html`<li><div>${one.url && html`<${Link} href=${pageHref(scan, one.url, { check: issue.check })}><span class="mono">${one.url}</span><//>`}
      ${one.evidence && html`<code class="soft">${one.evidence}</code>`}</div></li>`,
  )}</ul>`;
}

export function Issue({ scan, what: check }) {
  const [query, set] = useQuery();
  const load = useLoad((signal) => issuesOf(scan, signal), [scan.scan_id]);
  return html`<p><${Link} href=${`/scans/${scan.scan_id}/issues`}>All issues<//></p>
    <${Loaded} of=${load} what="Loading the issue">${(items) => {
      const issue = items.find((one) => one.check === check && (!query.severity || one.severity === query.severity)) ?? items.find((one) => one.check === check);
      if (!issue) return html`<${Empty} title="This scan has no such issue"><code>${check}</code> did not fire.<//>`;
      return html`<${Head} scan=${scan} issue=${issue} />
        <section class="section"><h2>${issue.pages ? plural(issue.pages, "affected page") : "The site as a whole"}</h2>
          ${issue.pages > 1 && html`<${FilterBar} label="Filter the pages"><${Field} grow label="Address contains" type="search" value=${query.url ?? ""} onInput=${(event) => set({ url: event.target.value, cursor: "" })} /><//>`}
          <${PageList} scan=${scan} filters=${{ check, url: query.url }} evidenceOf=${check} total=${query.url ? undefined : issue.pages}
            empty=${query.url ? html`<${Empty} title="No affected page has that in its address" />` : html`<${Examples} scan=${scan} issue=${issue} />`} />
        </section>`;
    }}<//>`;
}
