// One scan: while it runs its progress, afterwards its report, in parts that each have an address of their own.

import { get, session } from "../api.js";
import { host, path } from "../format.js";
import { to } from "../router.js";
import { Badge, ButtonLink, ErrorBox, Loaded, Tabs, html, useLoad, useTitle } from "../ui.js";
import { Actions, Facts } from "./scan-head.js";
import { Changes } from "./changes.js";
import { Issue } from "./issue.js";
import { Issues } from "./issues.js";
import { Overview } from "./overview.js";
import { Page } from "./page.js";
import { Pages } from "./pages.js";
import { Progress } from "./progress.js";
import { TOPICS, Topic } from "./topics.js";

const PARTS = { overview: Overview, issues: Issues, pages: Pages, page: Page, changes: Changes };
const NAMES = { overview: "Overview", issues: "Issues", pages: "Pages", page: "Page", changes: "Changes" };

function parts(scan, current) {
  const base = `/scans/${scan.scan_id}`;
  const { result } = scan;
  const item = (part, label, count) => ({ href: part === "overview" ? base : `${base}/${part}`, label, count, current: current === part });
  const issues = result && Object.values(result.totals.issues).reduce((sum, count) => sum + count, 0);
  const topics = scan.mode === "single" || !result ? [] : Object.entries(TOPICS).map(([name, { label }]) => item(name, label));
  return [
    item("overview", NAMES.overview),
    ...(result ? [item("issues", NAMES.issues, issues)] : []),
    { ...item("pages", NAMES.pages, scan.progress.done), current: current === "pages" || current === "page" },
    ...topics,
    ...(result ? [item("changes", NAMES.changes)] : []),
  ];
}

function Ended({ scan, part, what }) {
  if (scan.status === "error" && !scan.progress.done) {
    return html`<div class="errorbox"><p><strong>The scan failed.</strong> ${scan.reason}</p></div>`;
  }
  const View = TOPICS[part] ? Topic : part === "issues" && what ? Issue : PARTS[part];
  if (!View) return html`<${ErrorBox} error=${new Error("A report has no such part.")} />`;
  return html`<${Tabs} label="Parts of the report" items=${parts(scan, part)} />
    <${View} key=${part + (what ?? "")} scan=${scan} part=${part} what=${what} />`;
}

export default function Scan({ params: { id, part = "overview", what } }) {
  const load = useLoad((signal) => get(`/scans/${id}`, {}, { signal }), [id]);
  const scan = load.data;
  useTitle(scan ? `${TOPICS[part]?.label ?? NAMES[part] ?? "Report"} of ${host(scan.url)}` : "Scan");
  if (load.error) {
    const stranger = !session.current && [401, 403].includes(load.error.status);
    if (stranger) {
      const next = location.pathname + location.search;
      return html`<h1>Scan</h1><div class="notice plain stack"><p>This scan may belong to an account: sign in to see it. What a guest scanned can be read from the same network address only.</p>
        <div class="actions"><${ButtonLink} kind="primary" href=${to("/sign-in", { next })}>Sign in<//></div></div>`;
    }
    return html`<h1>Scan</h1><${ErrorBox} error=${load.error} retry=${load.reload} />`;
  }
  return html`<${Loaded} of=${load} what="Loading the scan">${() => html`
    <div class="viewhead"><div>
      <h1>${host(scan.url)}<span class="soft">${path(scan.url, scan.url.match(/^https?:\/\/[^/]+/)?.[0])}</span>${scan.test && html` <${Badge}>Test<//>`}</h1>
      <${Facts} scan=${scan} /></div>
      <${Actions} scan=${scan} onStopped=${load.reload} /></div>
    ${scan.status === "running" ? html`<${Progress} scan=${scan} onEnd=${load.reload} />` : html`<${Ended} scan=${scan} part=${part} what=${what} />`}`}<//>`;
}
