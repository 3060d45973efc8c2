// Above a scan's report: what it was, and what can be done with it.

import { download, post, session } from "../api.js";
import { MODES, duration, plural } from "../format.js";
import { to } from "../router.js";
import { Confirm } from "../dialogs.js";
import { Ago, Button, ButtonLink, StatusBadge, html, toast, useAction, useEffect, useRef, useState } from "../ui.js";

export function Facts({ scan }) {
  const { progress } = scan;
  const took = scan.started_at && scan.finished_at ? (new Date(scan.finished_at) - new Date(scan.started_at)) / 1000 : null;
  return html`<p class="row soft">
    <${StatusBadge} of=${scan.status} names=${{ error: "Failed" }} />
    <span>${MODES[scan.mode]}</span>
    ${scan.status !== "running" && html`<span>${plural(progress.done, "page")}</span>`}
    <${Ago} at=${scan.created_at} />
    ${took !== null && html`<span>took ${took < 1 ? "under a second" : duration(took)}</span>`}
  </p>`;
}

const FORMATS = [["pdf", "PDF report"], ["html", "HTML report, one file"], ["csv", "CSV, a row a page"], ["json", "JSON, everything"]];

/** A menu by `details`: opens and closes by keyboard as it is, and closes when the focus leaves it. */
function Exports({ scan }) {
  const menu = useRef(null);
  const action = useAction((format) => download(`/scans/${scan.scan_id}/export/${format}`, `scan.${format}`));
  useEffect(() => void (action.error && toast(action.error.message, "bad")), [action.error]);
  const choose = async (format) => {
    menu.current.open = false;
    await action.run(format);
  };
  const close = (event) => {
    if (event.type === "keydown" ? event.key === "Escape" : !menu.current.contains(event.relatedTarget)) menu.current.open = false;
  };
  return html`<details class="menu" ref=${menu} onKeyDown=${close} onFocusOut=${close}>
    <summary class="button" aria-busy=${action.busy || undefined}>Export</summary>
    <ul>${FORMATS.map(([format, label]) => html`<li key=${format}><button type="button" onClick=${() => choose(format)}>${label}</button></li>`)}</ul>
  </details>`;
}

function Stop({ scan, onStopped }) {
  const [asking, setAsking] = useState(false);
  const action = useAction(async () => {
    await post(`/scans/${scan.scan_id}/stop`);
    setAsking(false);
    toast("The scan is being stopped.");
    onStopped();
  });
  return html`<${Button} kind="danger" onClick=${() => setAsking(true)}>Stop<//>
    ${asking && html`<${Confirm} title="Stop this scan?" action="Stop the scan" busy=${action.busy} error=${action.error}
      onYes=${() => action.run()} onClose=${() => setAsking(false)}><p>Pages done so far stay readable. There will be no score.</p><//>`}`;
}

export function Actions({ scan, onStopped }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      toast("The link is copied.");
    } catch {
      toast("The browser doesn't allow it; copy the address from its bar.", "warn");
    }
  };
  const signedIn = Boolean(session.current);
  return html`<div class="actions">
    ${scan.status === "running" && signedIn && html`<${Stop} scan=${scan} onStopped=${onStopped} />`}
    ${scan.status !== "running" && html`<${ButtonLink} href=${to("/", { like: scan.scan_id })}>Scan again<//>`}
    ${["complete", "stopped"].includes(scan.status) && signedIn && html`<${Exports} scan=${scan} />`}
    <${Button} onClick=${copy}>Copy link<//>
  </div>`;
}
