// What changed since an earlier scan of the same site.

import { get, session } from "../api.js";
import { MODES, host, number, plural, points, time, tone } from "../format.js";
import { Link, useQuery } from "../router.js";
import { Badge, Button, Empty, ErrorBox, Field, FilterBar, Loading, Severity, Table, html, useAction, useLoad, useState } from "../ui.js";

const SECTIONS = { appeared: "New pages", vanished: "Gone pages", changed: "Changed pages" };
const FIELDS = { status: "Status", title: "Title", canonical: "Canonical", noindex: "Noindex" };

function Side({ title, side }) {
  return html`<div class="side-of"><h2>${title}</h2>
    <p class=${`big toned ${tone(side.score)}`}>${side.score === null ? "–" : Math.round(side.score)}</p>
    <p class="soft">${time(side.finished_at)}<br />${plural(side.pages, "page")}, ${MODES[side.mode].toLowerCase()}</p></div>`;
}

function IssueRows({ scan, title, items, kind }) {
  if (!items.length) return null;
  const columns = [
    { label: "Severity", cell: (one) => html`<${Severity} of=${one.severity} />` },
    { label: "Issue", cell: (one) => (kind === "fixed" ? html`${one.title}<br /><code class="soft">${one.check}</code>`
        : html`<${Link} href=${`/scans/${scan.scan_id}/issues/${one.check}`}>${one.title}<//><br /><code class="soft">${one.check}</code>`) },
    { label: "Pages before", num: true, cell: (one) => number(one.pages_before) },
    { label: "after", num: true, cell: (one) => number(one.pages_after) },
  ];
  return html`<section class="section"><header><h2>${title}</h2><span class="soft">${number(items.length)}</span></header>
    <${Table} caption=${title} columns=${columns} rows=${items} rowKey=${(one) => one.check + one.severity} /></section>`;
}

const shown = (value) => (value === null || value === undefined ? "none" : String(value));

function What({ item }) {
  const fields = Object.keys(FIELDS).filter((name) => item[name]);
  if (!fields.length) return html`<span class="soft">${shown(item.status)}</span>`;
  return fields.map((name) => html`<p key=${name}><span class="soft">${FIELDS[name]}:</span> <del>${shown(item[name].before)}</del> → <ins>${shown(item[name].after)}</ins></p>`);
}

/** A section of pages, read on by its own cursor. */
function PageRows({ id, against, name, first }) {
  const [part, setPart] = useState(first);
  const more = useAction(async () => {
    const next = (await get(`/scans/${id}/diff`, { against, cursor: part.next_cursor })).pages[name];
    setPart({ ...next, items: [...part.items, ...next.items] });
  });
  if (!first.total) return null;
  const columns = [
    { label: "Page", cell: (one) => html`<span class="mono">${one.url}</span>` },
    { label: name === "changed" ? "What changed" : "Status", cell: (one) => (name === "changed" ? html`<${What} item=${one} />` : shown(one.status)) },
  ];
  return html`<section class="section"><header><h2>${SECTIONS[name]}</h2><span class="soft">${number(part.items.length)} of ${number(first.total)}</span></header>
    <${Table} caption=${SECTIONS[name]} columns=${columns} rows=${part.items} rowKey=${(one) => one.url} />
    <${ErrorBox} error=${more.error} />
    ${part.next_cursor && html`<div><${Button} busy=${more.busy} onClick=${() => more.run()}>Show more<//></div>`}</section>`;
}

function Compared({ scan, diff, against }) {
  const change = diff.score_change;
  const tone_ = change === null || change === 0 ? "plain" : change > 0 ? "good" : "bad";
  const same = !diff.issues.new.length && !diff.issues.fixed.length && Object.keys(SECTIONS).every((name) => !diff.pages[name].total);
  return html`<section class="panel sides" aria-label="Scores"><${Side} title="Before" side=${diff.before} />
      <p><${Badge} tone=${tone_}>${change === null ? "no score to compare" : change === 0 ? "the same score" : `${points(change, true)} points`}<//></p>
      <${Side} title="After" side=${diff.after} /></section>
    ${same && html`<${Empty} title="Nothing changed">The same issues on the same pages.<//>`}
    <${IssueRows} scan=${scan} title="New issues" items=${diff.issues.new} />
    <${IssueRows} scan=${scan} title="Fixed issues" items=${diff.issues.fixed} kind="fixed" />
    ${Object.keys(SECTIONS).map((name) => html`<${PageRows} key=${name} id=${scan.scan_id} against=${against} name=${name} first=${diff.pages[name]} />`)}
    <${IssueRows} scan=${scan} title="Still there" items=${diff.issues.persisting} />`;
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
