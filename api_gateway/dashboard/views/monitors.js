// Monitors: recurring scans, their scores over time, what was left out and why, and their alerts.

import { del, get, patch, post } from "../api.js";
import { MODES, date, decimal, host, number, plural, relative, time, tone } from "../format.js";
import { Link, navigate, to, useQuery } from "../router.js";
import { Confirm } from "../dialogs.js";
import { Ago, Badge, Button, Chart, Empty, ErrorBox, Field, FilterBar, Loaded, Table, html, toast, useAction, useLoad, useState, useTitle } from "../ui.js";
import { MonitorForm } from "./monitor-form.js";
import { PageScores } from "./page-scores.js";

const OUTCOMES = {
  started: ["ran", "good"], caught_up: ["caught up", "good"], by_hand: ["by hand", "good"],
  skipped_overlap: ["left out: still running", "warn"], skipped_limit: ["left out: limit", "warn"], refused: ["refused", "bad"],
};
const scoreOf = (score) => (score === null || score === undefined ? html`<span class="soft">–</span>` : html`<span class=${`toned ${tone(score)}`}>${Math.round(score)}</span>`);
const next = (monitor) => (monitor.enabled ? html`<${Ago} at=${monitor.next_run_at} />` : html`<${Badge} tone="warn">paused<//>`);

function Runs({ id }) {
  const load = useLoad((signal) => get(`/monitors/${encodeURIComponent(id)}/runs`, { limit: 100 }, { signal }), [id]);
  const columns = [
    { label: "Due", cell: (run) => html`<span title=${relative(run.due_at)}>${time(run.due_at)}</span>` },
    { label: "What came of it", cell: (run) => html`<${Badge} tone=${OUTCOMES[run.outcome][1]}>${OUTCOMES[run.outcome][0]}<//>${run.reason && html` <span class="soft">${run.reason}</span>`}` },
    { label: "Pages", num: true, hide: true, cell: (run) => number(run.pages) },
    { label: "Critical", num: true, hide: true, cell: (run) => number(run.issues?.critical) },
    { label: "Score", num: true, cell: (run) => scoreOf(run.score) },
    { label: html`<span class="sr-only">Report</span>`, cell: (run) => (run.scan_id ? html`<${Link} href=${`/scans/${run.scan_id}`}>Report<//>` : "") },
  ];
  return html`<${Loaded} of=${load} what="Loading the runs">${({ items }) => {
    if (!items.length) return html`<${Empty} title="No runs yet">The first comes when it is due, or run it now.<//>`;
    const scored = items.filter((run) => run.score !== null).reverse();
    const [latest, before] = items.filter((run) => run.status === "complete");
    return html`${scored.length > 1 && html`<section class="panel section" aria-label="Score over time"><h2>Score</h2>
        <${Chart} title="Score of each run" times=${scored.map((run) => run.finished_at)} lines=${[{ label: "Score", values: scored.map((run) => run.score) }]} range=${[0, 100]} /></section>`}
      <section class="section"><header><h2>Runs</h2>${before && html`<${Link} href=${to(`/scans/${latest.scan_id}/changes`, { against: before.scan_id })}>What changed in the latest<//>`}</header>
        <${Table} caption="Runs, latest first" columns=${columns} rows=${items} rowKey=${(run) => run.due_at} /></section>`;
  }}<//>`;
}

function Alerts({ id }) {
  const load = useLoad((signal) => get(`/monitors/${encodeURIComponent(id)}/alerts`, { limit: 50 }, { signal }), [id]);
  const columns = [
    { label: "State", cell: (alert) => (alert.recovered_at ? html`<${Badge} tone="good">over<//>` : html`<${Badge} tone="bad">open<//>`) },
    { label: "What", cell: (alert) => (alert.scan_id ? html`<${Link} href=${`/scans/${alert.scan_id}`}>${alert.message}<//>` : alert.message) },
    { label: "Since", cell: (alert) => html`<span title=${relative(alert.triggered_at)}>${time(alert.triggered_at)}</span>` },
    { label: "Until", hide: true, cell: (alert) => time(alert.recovered_at) },
  ];
  return html`<section class="section"><h2>Alerts</h2><${Loaded} of=${load} what="Loading the alerts">${({ items }) =>
    items.length ? html`<${Table} caption="Alerts, newest first" columns=${columns} rows=${items} rowKey=${(alert) => alert.id} />` : html`<${Empty} title="No alerts so far" />`}<//></section>`;
}

/** What a rule waits for, in words with its figure. */
const RULES = {
  score_drops: (rule) => `score drops by ${decimal(rule.by)} points`,
  score_below: (rule) => `score below ${number(rule.score)}`,
  new_issue: (rule) => `new issue, ${rule.severity === "info" ? "any" : rule.severity === "critical" ? "critical" : `${rule.severity} or worse`}`,
  pages_fall: (rule) => `pages fall by ${number(rule.percent)} %`,
  noindex_appeared: () => "pages newly noindex",
  scan_failed: () => "scan fails",
  certificate_expires: (rule) => `certificate expires within ${plural(rule.days, "day")}`,
};
const told = (rule) => RULES[rule.kind]?.(rule) ?? rule.kind.replaceAll("_", " ");

/** The scores of a page that is asked for; a single scan has but one. */
function OfPage({ monitor }) {
  const [query, set] = useQuery();
  const url = query.page ?? (monitor.mode === "single" ? monitor.url : undefined);
  return html`<section class="section"><h2>A page's score</h2>
    <${FilterBar} label="Choose a page"><${Field} grow type="url" label="Address of the page" value=${url ?? ""} maxlength="2000"
      hint="As the report names it; Enter shows it." onChange=${(event) => set({ page: event.target.value.trim() })} /><//>
    ${url && html`<${PageScores} key=${url} monitor=${monitor.id} url=${url} />`}</section>`;
}

function Head({ monitor, onChanged, onEdit, onRemove }) {
  const path = `/monitors/${monitor.id}`;
  const pause = useAction(async () => onChanged(await patch(path, { enabled: !monitor.enabled })));
  const run = useAction(async () => {
    const { scan_id: scan } = await post(`${path}/run`);
    navigate(`/scans/${scan}`);
  });
  return html`<div class="viewhead"><div><p><${Link} href="/monitors">Monitors<//></p><h1>${monitor.name}</h1><p class="mono">${monitor.url}</p></div>
      <div class="actions"><${Button} kind="primary" busy=${run.busy} onClick=${run.run}>Run now<//>
        <${Button} busy=${pause.busy} onClick=${pause.run}>${monitor.enabled ? "Pause" : "Resume"}<//>
        <${Button} onClick=${onEdit}>Change<//><${Button} kind="danger" onClick=${onRemove}>Delete<//></div></div>
    <${ErrorBox} error=${run.error ?? pause.error} />
    <section class="panel"><dl class="facts"><dt>Next run</dt><dd>${next(monitor)}</dd><dt>Schedule</dt><dd><code>${monitor.schedule}</code> ${monitor.timezone}</dd>
      <dt>Kind</dt><dd>${MODES[monitor.mode]}</dd><dt>Latest score</dt><dd>${scoreOf(monitor.last?.score)}</dd>
      <dt>Watches for</dt><dd>${monitor.alerts.length ? html`<span class="row tight">${monitor.alerts.map((rule) => html`<${Badge} key=${JSON.stringify(rule)}>${told(rule)}<//>`)}</span>` : "nothing"}</dd>
      <dt>Since</dt><dd>${date(monitor.created_at)}</dd></dl></section>`;
}

function Remove({ monitor, onClose }) {
  const action = useAction(async () => {
    await del(`/monitors/${monitor.id}`);
    navigate("/monitors");
    toast("The monitor is deleted.");
  });
  return html`<${Confirm} title="Delete this monitor?" action="Delete" busy=${action.busy} error=${action.error} onYes=${action.run} onClose=${onClose}>
    <p>“${monitor.name}” runs no more, and the record of its runs goes with it. Its scans stay in the history.</p><//>`;
}

function One({ id }) {
  const load = useLoad((signal) => get(`/monitors/${encodeURIComponent(id)}`, {}, { signal }), [id]);
  const [doing, setDoing] = useState("");
  const change = async (body) => {
    await patch(`/monitors/${id}`, body);
    setDoing("");
    toast("The monitor is changed.");
    load.reload();
  };
  return html`<${Loaded} of=${load} what="Loading the monitor">${(monitor) =>
    doing === "edit"
      ? html`<div class="viewhead"><div><h1>Change ${monitor.name}</h1>${monitor.credentials && html`<p class="notice">Give its login or cookie again: they are never shown, and what stands here replaces them.</p>`}</div></div>
        <${MonitorForm} given=${monitor} send=${change} onClose=${() => setDoing("")} action="Save the changes" />`
      : html`<${Head} monitor=${monitor} onChanged=${load.reload} onEdit=${() => setDoing("edit")} onRemove=${() => setDoing("remove")} />
        <${Alerts} id=${id} /><${Runs} id=${id} /><${OfPage} monitor=${monitor} />
        ${doing === "remove" && html`<${Remove} monitor=${monitor} onClose=${() => setDoing("")} />`}`}<//>`;
}

function All() {
  const load = useLoad((signal) => get("/monitors", { limit: 200 }, { signal }), []);
  const [creating, create] = useState(false);
  const add = async (body) => {
    const made = await post("/monitors", body);
    toast("The monitor is added.");
    navigate(`/monitors/${made.id}`);
  };
  if (creating) {
    return html`<div class="viewhead"><div><h1>New monitor</h1><p class="lead">Scans a site again and again, and tells you what changed. Its runs don't use the daily quota.</p></div></div>
      <${MonitorForm} send=${add} onClose=${() => create(false)} action="Add the monitor" />`;
  }
  const columns = [
    { label: "Monitor", cell: (one) => html`<${Link} href=${`/monitors/${one.id}`}>${one.name}<//> <span class="soft clip">${host(one.url)}</span>` },
    { label: "Kind", hide: true, cell: (one) => MODES[one.mode] },
    { label: "Schedule", hide: true, cell: (one) => html`<code>${one.schedule}</code> <span class="soft">${one.timezone}</span>` },
    { label: "Next run", cell: next },
    { label: "Latest", hide: true, cell: (one) => (one.last ? html`<${Link} href=${`/scans/${one.last.scan_id}`}>${relative(one.last.finished_at)}<//>` : html`<span class="soft">none yet</span>`) },
    { label: "Score", num: true, cell: (one) => scoreOf(one.last?.score) },
  ];
  return html`<div class="viewhead"><div><h1>Monitors</h1><p class="lead">Recurring scans: see how a score goes, and be told when something breaks.</p></div>
      <${Button} kind="primary" onClick=${() => create(true)}>New monitor<//></div>
    <${Loaded} of=${load} what="Loading your monitors">${({ items }) =>
      items.length
        ? html`<${Table} caption="Monitors" columns=${columns} rows=${items} rowKey=${(one) => one.id} />`
        : html`<${Empty} title="No monitors yet" action=${html`<${Button} kind="primary" onClick=${() => create(true)}>Add one<//>`}>A site that is scanned every night tells you in the morning what broke.<//>`}<//>`;
}

export default function Monitors({ params }) {
  useTitle("Monitors");
  return params.id ? html`<${One} id=${params.id} />` : html`<${All} />`;
}
