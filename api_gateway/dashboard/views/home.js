// Starting a scan: one address, or several pages at once, with every option of the API.

import { get, post, session } from "../api.js";
import { MODES, STATUSES, host, number, relative, tone } from "../format.js";
import { Link, navigate, useQuery } from "../router.js";
import { Badge, Button, Empty, ErrorBox, Field, Form, Loaded, StatusBadge, Table, html, useAction, useLoad, useRef, useState, useTitle } from "../ui.js";
import { Options, optionsFrom } from "./options.js";
import { recall, remember } from "./recent.js";

const MOST = 50;
const KINDS = [
  ["single", "Single page", "One page, in seconds."],
  ["sitemap", "Sitemap", "The pages that the site's sitemaps list."],
  ["crawl", "Crawl", "Follows links from the address given."],
  ["bulk", "Several pages", `Up to ${MOST} addresses, each a scan.`],
];

/** A key that makes a repeated request start nothing twice; a new one whenever the request differs. */
function useOnce() {
  const held = useRef({});
  return (body) => {
    const text = JSON.stringify(body);
    if (held.current.text !== text) {
      const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
      held.current = { text, key };
    }
    return { headers: { "Idempotency-Key": held.current.key } };
  };
}

function Kinds({ kind, onKind, usage, guest, error }) {
  return html`<fieldset aria-describedby=${error ? "mode-error" : undefined}><legend>What to scan</legend>
    <div class="choices">${KINDS.map(([name, label, about]) => {
      const { used, limit } = usage?.[name === "bulk" ? "single" : name] ?? {};
      const left = limit === undefined ? "" : ` ${number(Math.max(0, limit - used))} of ${number(limit)} left today.`;
      const closed = guest && name === "bulk";
      return html`<label class="choice" key=${name}>
        <input type="radio" name="mode" value=${name} checked=${kind === name} disabled=${closed} onChange=${() => onKind(name)} />
        <strong>${label}</strong><span>${closed ? "Needs an account." : about + left}</span></label>`;
    })}</div>
    ${error && html`<p class="fault" id="mode-error">${error}</p>`}
  </fieldset>`;
}

function Refused({ items }) {
  return html`<div class="errorbox" role="alert" tabindex="-1"><p><strong>Some addresses were not accepted.</strong></p>
    <ul>${items.map((item) => html`<li key=${item.url}><code>${item.url}</code>: ${item.error.message}</li>`)}</ul></div>`;
}

function Start({ usage, guest, onStarted, before }) {
  const [kind, setKind] = useState(before?.mode ?? "single");
  const [refused, setRefused] = useState([]);
  const once = useOnce();
  const action = useAction(async (data) => {
    setRefused([]);
    const rest = { options: optionsFrom(data) };
    const webhook = data.get("webhook_url")?.trim();
    if (webhook) rest.webhook_url = webhook;
    if (kind === "bulk") {
      const body = { urls: data.get("urls").split(/\s+/).filter(Boolean), ...rest };
      const { items } = await post("/scans/bulk", body, once(body));
      setRefused(items.filter((item) => item.error));
      onStarted(items.filter((item) => item.scan_id).length);
      return;
    }
    const body = { url: data.get("url").trim(), mode: kind, ...rest };
    const { scan_id: id } = await post("/scans", body, once(body));
    if (guest) remember({ id, url: body.url, mode: kind });
    navigate(`/scans/${id}`);
  });
  const shown = ["url", "urls", "mode", "webhook_url", "options"].some((name) => action.at(name));
  return html`<${Form} class="stack" onSubmit=${action.run} error=${action.error}>
    <${ErrorBox} error=${shown ? null : action.error} />
    ${refused.length > 0 && html`<${Refused} items=${refused} />`}
    <${Kinds} kind=${kind} onKind=${setKind} usage=${usage} guest=${guest} error=${action.at("mode")} />
    <div class="starter">
      ${kind === "bulk"
        ? html`<${Field} as="textarea" name="urls" label="Addresses, one a line" rows="5" spellcheck=${false} error=${action.at("urls")} />`
        : html`<${Field} name="url" label="Address" type="url" inputmode="url" autocomplete="url" placeholder="https://example.com/" spellcheck=${false} defaultValue=${before?.url} error=${action.at("url")} />`}
      <${Button} kind="primary" type="submit" busy=${action.busy}>Start the scan<//>
    </div>
    <${Options} at=${action.at} kind=${kind} given=${before?.options} />
  <//>`;
}

const score = (item) => (item.score === null ? html`<span class="soft">–</span>` : html`<span class=${`toned ${tone(item.score)}`}>${Math.round(item.score)}</span>`);

function Recent({ load }) {
  const columns = [
    { label: "Site", cell: (item) => html`<${Link} href=${`/scans/${item.scan_id}`}>${host(item.url)}<//> <span class="soft clip">${item.url}</span>` },
    { label: "Kind", cell: (item) => MODES[item.mode], hide: true },
    { label: "Status", cell: (item) => html`<${StatusBadge} of=${item.status} names=${STATUSES} />` },
    { label: "Pages", num: true, cell: (item) => number(item.pages), hide: true },
    { label: "Score", num: true, cell: score },
    { label: "Started", cell: (item) => html`<span title=${item.created_at}>${relative(item.created_at)}</span>`, hide: true },
  ];
  return html`<section class="section"><header><h2>Recent scans</h2><${Link} href="/history">All scans<//></header>
    <${Loaded} of=${load} what="Loading your scans">${({ items }) =>
      items.length
        ? html`<${Table} caption="Recent scans" columns=${columns} rows=${items} rowKey=${(item) => item.scan_id} />`
        : html`<${Empty} title="No scans yet">Give an address above; a single page takes a few seconds.<//>`}<//>
  </section>`;
}

function OnThisDevice() {
  const items = recall();
  return html`<section class="section"><header><h2>Scans from this device</h2></header>
    ${items.length === 0
      ? html`<${Empty} title="No scans yet">As a guest you can try a few scans a day. <${Link} href="/sign-up">Make an account<//> for more, and to keep them.<//>`
      : html`<ul class="panel stack tight">${items.map(
          (item) => html`<li key=${item.id} class="row"><${Link} href=${`/scans/${item.id}`}>${host(item.url)}<//>
            <${Badge}>${MODES[item.mode]}<//><span class="soft">${relative(item.at)}</span></li>`,
        )}</ul>
        <p class="soft">Guests' scans can be read from the same address for a day. <${Link} href="/sign-up">Make an account<//> to keep them.</p>`}
  </section>`;
}

/** With `?like=` the form begins as that scan was started; its secrets are not known any more. */
export default function Home() {
  const [query] = useQuery();
  useTitle("New scan");
  const guest = !session.current;
  const usage = useLoad(async (signal) => (guest ? null : get("/user/usage", {}, { signal })), [guest]);
  const history = useLoad(async (signal) => (guest ? null : get("/history", { per_page: 8 }, { signal })), [guest]);
  const before = useLoad(async (signal) => (query.like ? get(`/scans/${encodeURIComponent(query.like)}`, {}, { signal }) : null), [query.like]);
  return html`<div class="viewhead"><div><h1>Scan a page or a site</h1>
      <p class="lead">Every page is judged against the <${Link} href="/checks">catalogue of checks<//>. You get a score that is explained to the last point, and what to fix first.</p></div></div>
    <${Loaded} of=${before} what="Loading the scan to repeat">${(scan) =>
      html`<${Start} usage=${usage.data} guest=${guest} before=${scan} onStarted=${() => (history.reload(), usage.reload())} />`}<//>
    ${guest ? html`<${OnThisDevice} />` : html`<${Recent} load=${history} />`}`;
}
