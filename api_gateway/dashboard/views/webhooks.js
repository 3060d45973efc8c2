// Webhooks: who is told of what, and every message that was sent.

import { del, get, post } from "../api.js";
import { date, time } from "../format.js";
import { Link, navigate } from "../router.js";
import { Confirm, Dialog } from "../dialogs.js";
import { Ago, Badge, Button, Check, Copy, Empty, ErrorBox, Field, Form, Loaded, Table, html, toast, useAction, useLoad, useState, useTitle } from "../ui.js";

const EVENTS = [
  ["scan.complete", "A scan is complete"],
  ["scan.error", "A scan failed"],
  ["scan.stopped", "A scan was stopped"],
  ["alert.triggered", "A monitor's alert began, or is over"],
];
const TONES = { delivered: "good", pending: "warn", given_up: "bad" };
const NAMES = { delivered: "delivered", pending: "on its way", given_up: "given up" };
const named = (hook) => hook.url ?? "Scans' own addresses";

function Create({ onMade, onClose }) {
  const action = useAction(async (data) => onMade(await post("/webhooks", { url: data.get("url").trim(), events: data.getAll("events") })));
  const shown = action.at("url") || action.at("events");
  return html`<${Dialog} title="New webhook" onClose=${onClose}>
    <${Form} class="stack" onSubmit=${action.run} error=${action.error}>
      <${ErrorBox} error=${shown ? null : action.error} />
      <${Field} label="Address" name="url" type="url" placeholder="https://example.com/hooks/seo" spellcheck=${false} required error=${action.at("url")} />
      <fieldset><legend>Tell it when</legend>
        ${EVENTS.map(([id, label]) => html`<${Check} key=${id} name="events" value=${id} label=${label} defaultChecked=${true} />`)}
        ${action.at("events") && html`<p class="fault">${action.at("events")}</p>`}</fieldset>
      <footer class="actions"><${Button} onClick=${onClose}>Cancel<//><${Button} kind="primary" type="submit" busy=${action.busy}>Add the webhook<//></footer>
    <//>
  <//>`;
}

function Secret({ made, onClose }) {
  return html`<${Dialog} title="Copy this secret now" onClose=${onClose} closable=${false}>
    <div class="stack"><p>It signs every message to <span class="mono">${named(made)}</span>, and is shown only this once.</p>
      <${Copy} text=${made.secret} label="Copy the secret" />
      <p class="soft">Each message bears <code>X-Scanfleet-Signature: t=…,v1=…</code>: compute HMAC-SHA256 of <code>t</code>, a dot, and the raw body
        under this secret, compare it with <code>v1</code>, and refuse what is older than 300 seconds. The SDKs do it for you.</p></div>
    <footer class="actions"><${Button} kind="primary" onClick=${onClose}>I have copied it<//></footer>
  <//>`;
}

function Remove({ hook, onDone, onClose }) {
  const action = useAction(async () => {
    await del(`/webhooks/${hook.id}`);
    onDone();
  });
  return html`<${Confirm} title="Delete this webhook?" action="Delete" busy=${action.busy} error=${action.error} onYes=${action.run} onClose=${onClose}>
    <p>Nothing more is sent to <span class="mono">${named(hook)}</span>, and the log of its messages goes with it.</p><//>`;
}

function Log({ id }) {
  const [cursors, setCursors] = useState([""]);
  const cursor = cursors.at(-1);
  const load = useLoad((signal) => get(`/webhooks/${encodeURIComponent(id)}/deliveries`, { cursor, limit: 50 }, { signal }), [id, cursor]);
  const columns = [
    { label: "Event", cell: (item) => html`<span class="mono">${item.event}</span>` },
    { label: "Result", cell: (item) => html`<${Badge} tone=${TONES[item.status]}>${NAMES[item.status]}<//>${item.last_error && html`<br /><span class="soft">${item.last_error}</span>`}` },
    { label: "Answer", num: true, cell: (item) => item.last_status ?? "–" },
    { label: "Attempts", num: true, hide: true, cell: (item) => item.attempts },
    { label: "Next attempt", hide: true, cell: (item) => (item.next_attempt_at ? html`<${Ago} at=${item.next_attempt_at} />` : "–") },
    { label: "Scan", hide: true, cell: (item) => html`<${Link} href=${`/scans/${item.scan_id}`}>Report<//>` },
    { label: "Made", cell: (item) => html`<${Ago} at=${item.created_at} />` },
  ];
  return html`<section class="section"><header><h2>Messages</h2><${Button} kind="quiet" onClick=${load.reload}>Reload<//></header>
    <${Loaded} of=${load} what="Loading the log">${({ items, next_cursor: next }) =>
      items.length === 0
        ? html`<${Empty} title="Nothing was sent yet" />`
        : html`<${Table} caption="Messages, newest first" columns=${columns} rows=${items} rowKey=${(item) => item.delivery_id} />
          <div class="actions"><${Button} disabled=${cursors.length === 1} onClick=${() => setCursors(cursors.slice(0, -1))}>Newer<//>
            <${Button} disabled=${!next} onClick=${() => setCursors([...cursors, next])}>Older<//></div>`}<//>
  </section>`;
}

function One({ id }) {
  const load = useLoad((signal) => get("/webhooks", {}, { signal }), []);
  const [removing, remove] = useState(false);
  const gone = () => {
    navigate("/webhooks");
    toast("The webhook is deleted.");
  };
  return html`<${Loaded} of=${load} what="Loading the webhook">${({ items }) => {
    const hook = items.find((item) => item.id === id);
    if (!hook) return html`<${Empty} title="There is no such webhook" action=${html`<${Link} href="/webhooks">All webhooks<//>`} />`;
    return html`<div class="viewhead"><div><p><${Link} href="/webhooks">Webhooks<//></p><h1 class="mono">${named(hook)}</h1>
        <p class="row tight">${hook.events.map((event) => html`<${Badge} key=${event}>${event}<//>`)}</p></div>
        <${Button} kind="danger" onClick=${() => remove(true)}>Delete<//></div>
      <${Log} id=${id} />
      ${removing && html`<${Remove} hook=${hook} onDone=${gone} onClose=${() => remove(false)} />`}`;
  }}<//>`;
}

function All() {
  const load = useLoad((signal) => get("/webhooks", {}, { signal }), []);
  const [creating, create] = useState(false);
  const [made, setMade] = useState(null);
  const columns = [
    { label: "Address", cell: (item) => html`<${Link} href=${`/webhooks/${item.id}`}><span class="mono">${named(item)}</span><//>` },
    { label: "Is told of", cell: (item) => html`<span class="row tight">${item.events.map((event) => html`<${Badge} key=${event}>${event}<//>`)}</span>` },
    { label: "Added", hide: true, cell: (item) => html`<span title=${time(item.created_at)}>${date(item.created_at)}</span>` },
  ];
  const added = (result) => (setMade(result), create(false), load.reload());
  return html`<div class="viewhead"><div><h1>Webhooks</h1>
      <p class="lead">Addresses of your programs that are told when a scan ends or an alert begins. Messages are signed, and tried again for a day.</p></div>
      <${Button} kind="primary" onClick=${() => create(true)}>New webhook<//></div>
    <${Loaded} of=${load} what="Loading your webhooks">${({ items }) =>
      items.length
        ? html`<${Table} caption="Webhooks" columns=${columns} rows=${items} rowKey=${(item) => item.id} />`
        : html`<${Empty} title="No webhooks yet" action=${html`<${Button} kind="primary" onClick=${() => create(true)}>Add one<//>`}>Instead of asking whether a scan has ended, be told.<//>`}<//>
    ${creating && html`<${Create} onMade=${added} onClose=${() => create(false)} />`}
    ${made && html`<${Secret} made=${made} onClose=${() => setMade(null)} />`}`;
}

export default function Webhooks({ params }) {
  useTitle("Webhooks");
  return params.id ? html`<${One} id=${params.id} />` : html`<${All} />`;
}
