// What changed since an earlier scan of the same site.

import { get, session } from "../api.js";
import { MODES, host, number, plural, points, time, tone } from "../format.js";
import { Link, useQuery } from "../router.js";
import { Badge, Button, Empty, ErrorBox, Field, FilterBar, Loading, Severity, Table, html, useAction, useLoad, useState } from "../ui.js";

const PAGES = { appeared: "New pages", vanished: "Gone pages", changed: "Changed pages" };
const ROBOTS = { added: "Lines added to robots.txt", removed: "Lines removed from robots.txt" };
const SITEMAPS = {
  appeared: "New sitemaps", vanished: "Gone sitemaps", changed: "Sitemaps that answer otherwise",
  urls_appeared: "Listed in sitemaps now", urls_vanished: "No longer listed in sitemaps",
};
const FIELDS = { status: "Status", redirect: "Redirect", title: "Title", canonical: "Canonical", noindex: "Noindex", robots: "Robots directives" };

function Side({ title, side }) {
  return html`<div class="side-of"><h2>${title}</h2>
    <p class=${`big toned ${tone(side.score)}`}>${side.score === null ? "–" : Math.round(side.score)}</p>
    <p class="soft">${time(side.finished_at)}<br />${plural(side.pages, "page")}, ${MODES[side.mode].toLowerCase()}</p></div>`;
}

/** What became of an issue that both scans have. */
function ofIssue(one) {
  const parts = [
    one.severity !== one.severity_before && `was ${one.severity_before}`,
    one.pages_new && `new on ${plural(one.pages_new, "page")}`,
    one.pages_fixed && `gone from ${plural(one.pages_fixed, "page")}`,
    one.pages_changed && `says something else on ${plural(one.pages_changed, "page")}`,
  ].filter(Boolean);
  return parts.join(", ") || "on another number of pages";
}

function IssueRows({ scan, title, items, kind }) {
  if (!items.length) return null;
  const columns = [
    { label: "Severity", cell: (one) => html`<${Severity} of=${one.severity} />` },
    { label: "Issue", cell: (one) => (kind === "fixed" ? html`${one.title}<br /><code class="soft">${one.check}</code>`
        : html`<${Link} href=${`/scans/${scan.scan_id}/issues/${one.check}`}>${one.title}<//><br /><code class="soft">${one.check}</code>
          ${kind === "changed" && html`<br /><span class="soft">${ofIssue(one)}</span>`}`) },
    { label: "Pages", num: true, cell: (one) => html`<span class="sr-only">from </span>${number(one.pages_before)} <span aria-hidden="true">→</span><span class="sr-only">to</span> ${number(one.pages_after)}` },
  ];
  return html`<section class="section"><header><h2>${title}</h2><span class="soft">${number(items.length)}</span></header>
    <${Table} caption=${title} columns=${columns} rows=${items} rowKey=${(one) => one.check} /></section>`;
}

/** An address without what the whole site shares. */
const local = (url, site) => (url.startsWith(`${site}/`) ? url.slice(site.length) : url);

/** A value of any field. */
function shown(value, site) {
  if (value === null || value === undefined || value === "") return "none";
  return value.url ? `${value.status} to ${local(value.url, site)}` : local(String(value), site);
}

const Change = ({ label, of, site }) =>
  html`<p><span class="soft">${label}:</span> <del>${shown(of.before, site)}</del> → <ins>${shown(of.after, site)}</ins></p>`;

const Address = ({ url, site }) => html`<span class="mono" title=${url}>${local(url, site)}</span>`;

/** An address, and what changed there. */
const Changed = ({ item, site }) => html`<${Address} url=${item.url} site=${site} />
  ${Object.keys(FIELDS).filter((name) => item[name]).map((name) => html`<${Change} key=${name} label=${FIELDS[name]} of=${item[name]} site=${site} />`)}`;

/** What the cells of a section show. */
function columnsOf(group, name, site) {
  const what = group === "pages" ? "Page" : "Sitemap";
  if (group === "robots") return [{ label: "Line", cell: (one) => html`<span class="mono">${one.text}</span>` }];
  if (name.startsWith("urls_")) return [{ label: "Address", cell: (one) => html`<${Address} url=${one.text} site=${site} />` }];
  if (name === "changed") return [{ label: `${what} and what changed`, cell: (one) => html`<${Changed} item=${one} site=${site} />` }];
  return [
    { label: what, cell: (one) => html`<${Address} url=${one.url} site=${site} />` },
    { label: "Status", num: true, cell: (one) => html`<span class="soft">${one.status ?? "none"}</span>` },
  ];
}

/** A section, read on by its own cursor; `group` and `name` are where it stands in the answer. */
function Rows({ scan, against, group, name, title, first }) {
  const [part, setPart] = useState(first);
  const more = useAction(async () => {
    const next = (await get(`/scans/${scan.scan_id}/diff`, { against, cursor: part.next_cursor }))[group][name];
    setPart({ ...next, items: [...part.items, ...next.items] });
  });
  if (!first.total) return null;
  const rows = part.items.map((one, place) => (typeof one === "string" ? { text: one, place } : { ...one, place }));
  return html`<section class="section"><header><h2>${title}</h2><span class="soft">${number(part.items.length)} of ${number(first.total)}</span></header>
    <${Table} caption=${title} columns=${columnsOf(group, name, new URL(scan.url).origin)} rows=${rows} rowKey=${(one) => one.place} />
    <${ErrorBox} error=${more.error} />
    ${part.next_cursor && html`<div><${Button} busy=${more.busy} onClick=${() => more.run()}>Show more<//></div>`}</section>`;
}

/** What is told of robots.txt besides its lines. */
function Robots({ of }) {
  if (!of?.status && !of?.reordered) return null;
  return html`<section class="section"><h2>robots.txt</h2>
    ${of.status && html`<${Change} label="Status" of=${of.status} />`}
    ${of.reordered && html`<p>The same lines in another order.</p>`}</section>`;
}

const anything = (group, names) => group && names.some((name) => group[name].total);

function Compared({ scan, diff, against }) {
  const change = diff.score_change;
  const tone_ = change === null || change === 0 ? "plain" : change > 0 ? "good" : "bad";
  const { issues, pages, robots, sitemaps } = diff;
  const changed = issues.persisting.filter((one) => one.changed);
  const same = !issues.new.length && !issues.fixed.length && !changed.length && !anything(pages, Object.keys(PAGES))
    && !anything(robots, Object.keys(ROBOTS)) && !robots?.status && !robots?.reordered && !anything(sitemaps, Object.keys(SITEMAPS));
  const rows = (group, titles) => diff[group] && Object.keys(titles).map((name) => html`<${Rows} key=${group + name}
    scan=${scan} against=${against} group=${group} name=${name} title=${titles[name]} first=${diff[group][name]} />`);
  return html`<section class="panel sides" aria-label="Scores"><${Side} title="Before" side=${diff.before} />
      <p><${Badge} tone=${tone_}>${change === null ? "no score to compare" : change === 0 ? "the same score" : `${points(change, true)} points`}<//></p>
      <${Side} title="After" side=${diff.after} /></section>
    ${same && html`<${Empty} title="Nothing changed">The same issues on the same pages, the same robots.txt and sitemaps.<//>`}
    <${IssueRows} scan=${scan} title="New issues" items=${issues.new} />
    <${IssueRows} scan=${scan} title="Fixed issues" items=${issues.fixed} kind="fixed" />
    ${rows("pages", PAGES)}
    <${Robots} of=${robots} />
    ${rows("robots", ROBOTS)}
    ${rows("sitemaps", SITEMAPS)}
    <${IssueRows} scan=${scan} title="Changed issues" items=${changed} kind="changed" />
    <${IssueRows} scan=${scan} title="Still there" items=${issues.persisting.filter((one) => !one.changed)} />`;
}

/** Complete scans of the same host, newest first. */
async function others(scan, signal) {
  const { items } = await get("/history", { url: host(scan.url), status: "complete", per_page: 50 }, { signal });
  return items.filter((one) => one.scan_id !== scan.scan_id && host(one.url) === host(scan.url));
}

export function Changes({ scan }) {
  const [query, set] = useQuery();
  const signedIn = Boolean(session.current);
  const list = useLoad(async (signal) => (signedIn ? others(scan, signal) : []), [scan.scan_id]);
  const earlier = (list.data ?? []).find((one) => one.url === scan.url && one.mode === scan.mode && one.created_at < scan.created_at);
  const against = query.against ?? earlier?.scan_id;
  const load = useLoad(async (signal) => (against ? get(`/scans/${scan.scan_id}/diff`, { against }, { signal }) : undefined), [scan.scan_id, against]);
  if (!signedIn) return html`<${Empty} title="Comparing needs an account">Guests' scans are kept for a day only. <${Link} href="/sign-up">Make an account<//><//>`;
  if (list.error) return html`<${ErrorBox} error=${list.error} retry=${list.reload} />`;
  if (!list.data) return html`<${Loading} />`;
  if (!list.data.length && !against) return html`<${Empty} title="There is no other scan of this site yet">Scan it again after a change, and see here what that did.<//>`;
  return html`<${FilterBar} label="Compare to">
      <${Field} grow as="select" label="Compare to the scan of" value=${against ?? ""} onChange=${(event) => set({ against: event.target.value })}>
        ${!against && html`<option value="">Choose one</option>`}
        ${list.data.map((one) => html`<option key=${one.scan_id} value=${one.scan_id}>${`${time(one.created_at)}, ${MODES[one.mode].toLowerCase()}, score ${one.score === null ? "none" : Math.round(one.score)}, ${one.url}`}</option>`)}
        ${against && !list.data.some((one) => one.scan_id === against) && html`<option value=${against}>${against}</option>`}<//>
    <//>
    ${load.error ? html`<${ErrorBox} error=${load.error} retry=${load.reload} />`
      : !against ? html`<p class="soft">Choose a scan to compare to.</p>`
      : load.loading || !load.data ? html`<${Loading} what="Comparing" />` : html`<${Compared} key=${against} scan=${scan} diff=${load.data} against=${against} />`}`;
}
