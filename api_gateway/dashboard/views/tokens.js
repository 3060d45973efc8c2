// API & Token: keys for programs. A secret is shown once, when it is made.

import { del, get, post } from "../api.js";
import { date, relative, time } from "../format.js";
import { Confirm, Dialog } from "../dialogs.js";
import { Ago, Badge, Button, Check, Copy, Empty, ErrorBox, Field, Form, Loaded, Table, html, toast, useAction, useLoad, useState, useTitle } from "../ui.js";

const SCOPES = [
  ["read", "Read", "Scans, results, history, usage, monitors, webhooks; making and revoking keys."],
  ["scan", "Scan", "Starting, stopping and scheduling scans."],
  ["export", "Export", "Downloads as JSON, CSV, PDF and HTML."],
];

const example = (token) =>
  `curl -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '{"url": "https://example.com/"}' ${location.origin}/api/v1/scans`;

function Create({ onMade, onClose }) {
  const action = useAction(async (data) => {
    const body = { name: data.get("name").trim(), scopes: data.getAll("scopes"), mode: data.get("mode") };
    onMade(await post("/tokens", body));
  });
  const shown = action.at("name") || action.at("scopes") || action.at("mode");
  return html`<${Dialog} title="New API key" onClose=${onClose}>
    <${Form} class="stack" onSubmit=${action.run} error=${action.error}>
      <${ErrorBox} error=${shown ? null : action.error} />
      <${Field} label="Name" name="name" maxlength="100" required hint="What it is for, for instance the program that uses it." error=${action.at("name")} />
      <fieldset><legend>It may</legend>
        ${SCOPES.map(([id, label, hint]) => html`<${Check} key=${id} name="scopes" value=${id} label=${label} hint=${hint} defaultChecked=${id !== "export"} />`)}
        ${action.at("scopes") && html`<p class="fault">${action.at("scopes")}</p>`}
      </fieldset>
      <${Field} as="select" label="Mode" name="mode" hint="Test keys scan a built-in sample site and use no quota." error=${action.at("mode")}>
        <option value="live">Live</option><option value="test">Test</option><//>
      <footer class="actions"><${Button} onClick=${onClose}>Cancel<//><${Button} kind="primary" type="submit" busy=${action.busy}>Make the key<//></footer>
    <//>
  <//>`;
}

/** The only time that a secret can be read. */
function Secret({ made, onClose }) {
  return html`<${Dialog} title="Copy this key now" onClose=${onClose} closable=${false}>
    <div class="stack">
      <p>This is the only time that the key “${made.name}” is shown. We keep no copy of it that could be read.</p>
      <${Copy} text=${made.token} label="Copy the key" />
      ${made.scopes.includes("scan") && html`<h3>Try it</h3><${Copy} text=${example(made.token)} label="Copy the command" />`}
    </div>
    <footer class="actions"><${Button} kind="primary" onClick=${onClose}>I have copied it<//></footer>
  <//>`;
}

function Act({ kind, token, onDone, onClose }) {
  const again = kind === "regenerate";
  const action = useAction(async () => onDone(again ? await post(`/tokens/${token.id}/regenerate`) : await del(`/tokens/${token.id}`)));
  return html`<${Confirm} title=${again ? "Make a new secret?" : "Revoke this key?"} action=${again ? "Make a new secret" : "Revoke"}
    busy=${action.busy} error=${action.error} onYes=${action.run} onClose=${onClose}>
    <p>${again ? `Programs that use “${token.name}” stop working until they have the new secret.` : `Programs that use “${token.name}” stop working at once, for good.`}</p>
  <//>`;
}

const used = (item) => (item.last_used_at ? `used ${relative(item.last_used_at)}` : "never used");

function Keys({ items, onAct }) {
  const columns = [
    { label: "Name", cell: (item) => html`<strong class="clip">${item.name}</strong> <span class="soft mono">${item.prefix}</span><br />
        <span class="soft mono" title="Client ID">${item.client_id}</span><span class="narrow-only soft">${used(item)}</span>` },
    { label: "May", cell: (item) => html`<span class="row tight still">${item.scopes.map((scope) => html`<${Badge} key=${scope}>${scope}<//>`)}${item.mode === "test" && html`<${Badge} tone="warn">test<//>`}</span>` },
    { label: "Made", hide: true, cell: (item) => html`<span class="still" title=${time(item.created_at)}>${date(item.created_at)}</span>` },
    { label: "Last used", hide: true, cell: (item) => (item.last_used_at ? html`<${Ago} at=${item.last_used_at} />` : html`<span class="soft">never</span>`) },
    {
      label: html`<span class="sr-only">Actions</span>`,
      cell: (item) =>
        item.revoked_at
          ? html`<span class="soft" title=${time(item.revoked_at)}>revoked</span>`
          : html`<span class="row tight still"><${Button} kind="plain small" aria-label=${`New secret for ${item.name}`} onClick=${() => onAct("regenerate", item)}>New secret<//>
              <${Button} kind="danger small" aria-label=${`Revoke ${item.name}`} onClick=${() => onAct("revoke", item)}>Revoke<//></span>`,
    },
  ];
  return html`<${Table} caption="API keys" columns=${columns} rows=${items} rowKey=${(item) => item.id} />`;
}

export default function Tokens() {
  useTitle("API & Token");
  const load = useLoad((signal) => get("/tokens", {}, { signal }), []);
  const [creating, create] = useState(false);
  const [made, setMade] = useState(null);
  const [act, setAct] = useState(null);
  const [all, showAll] = useState(false);
  const done = (result) => {
    if (result.token) setMade(result);
    else toast("The key is revoked.");
    setAct(null);
    create(false);
    load.reload();
  };
  return html`<div class="viewhead"><div><h1>API & Token</h1>
      <p class="lead">Keys with which programs call the <a href="/api/v1/docs">API</a>. Each can do what its scopes say, and can be revoked by itself.</p></div>
      <${Button} kind="primary" onClick=${() => create(true)}>New key<//></div>
    <${Loaded} of=${load} what="Loading your keys">${({ items }) => {
      const active = items.filter((item) => !item.revoked_at);
      const shown = all ? items : active;
      return html`${shown.length
          ? html`<${Keys} items=${shown} onAct=${(kind, token) => setAct({ kind, token })} />`
          : html`<${Empty} title="No keys yet" action=${html`<${Button} kind="primary" onClick=${() => create(true)}>Make one<//>`}>A key lets a program, a monitor or a CI job scan in your name.<//>`}
        ${items.length > active.length && html`<${Check} label=${`Show revoked keys (${items.length - active.length})`} checked=${all} onChange=${(event) => showAll(event.target.checked)} />`}`;
    }}<//>
    ${creating && html`<${Create} onMade=${done} onClose=${() => create(false)} />`}
    ${act && html`<${Act} ...${act} onDone=${done} onClose=${() => setAct(null)} />`}
    ${made && html`<${Secret} made=${made} onClose=${() => setMade(null)} />`}`;
}
