// A monitor as form fields: where, when, what is watched, what is mailed.

import { MODES, SEVERITIES } from "../format.js";
import { Button, Check, ErrorBox, Field, Form, html, useAction, useState } from "../ui.js";
import { Options, optionsFrom } from "./options.js";

const PRESETS = [["daily", "Every day, at midnight"], ["weekly", "Every week, Monday at midnight"], ["hourly", "Every hour"], ["cron", "At times of my own (cron)"]];
/** kind, label, name of its figure, what it begins with, what the figure means */
const RULES = [
  ["score_drops", "The score drops", "by", 5, "points or more"],
  ["score_below", "The score is below", "score", 70, "points"],
  ["new_issue", "A new issue appears", "severity", "critical", "or worse"],
  ["pages_fall", "The number of pages falls", "percent", 10, "percent or more"],
  ["noindex_appeared", "Pages forbid to be indexed that did not before"],
  ["scan_failed", "The scan fails"],
  ["certificate_expires", "The certificate expires within", "days", 14, "days"],
];
/** What a new monitor watches for unless it is told otherwise. */
const FIRST = [{ kind: "score_drops" }, { kind: "new_issue" }, { kind: "scan_failed" }];
const MAILS = [["alerts", "Alerts"], ["report_pdf", "A report of every run, as PDF"], ["report_link", "A report of every run, as a link"]];

const zones = () => Intl.supportedValuesOf?.("timeZone") ?? [];
const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** A kind may have several rules; a checkbox's value is its rule's place among those of its kind. */
function rulesFrom(data) {
  return RULES.flatMap(([kind, , figure]) =>
    data.getAll(`rule.${kind}`).map((place) => {
      const value = figure && data.get(`rule.${kind}.${figure}.${place}`);
      return figure ? { kind, [figure]: figure === "severity" ? value : Number(value) } : { kind };
    }),
  );
}

function bodyFrom(data, mode) {
  const schedule = data.get("preset") === "cron" ? data.get("cron").trim() : data.get("preset");
  const options = optionsFrom(data);
  const alerts = rulesFrom(data);
  // The rule can't tell anything without it.
  if (alerts.some((rule) => rule.kind === "certificate_expires")) options.checks_network = [...new Set([...(options.checks_network ?? []), "tls"])];
  const name = data.get("name").trim();
  return { url: data.get("url").trim(), mode, schedule, timezone: data.get("timezone").trim() || "UTC", options, alerts, mails: data.getAll("mails"), ...(name ? { name } : {}) };
}

function Rule({ rule, place, given }) {
  const [kind, about, figure, first, unit] = rule;
  const label = place ? `${about} (${place + 1})` : about;
  const value = given?.[figure] ?? first;
  const name = `rule.${kind}.${figure}.${place}`;
  return html`<div class="row tight"><${Check} name=${`rule.${kind}`} value=${place} label=${label} defaultChecked=${Boolean(given)} />
    ${figure === "severity" && html`<select name=${name} aria-label=${`${label}: severity`} defaultValue=${value}>${SEVERITIES.map((one) => html`<option key=${one} value=${one} selected=${one === value}>${one}</option>`)}</select>`}
    ${figure && figure !== "severity" && html`<input class="short" name=${name} aria-label=${`${label}: ${unit}`} inputmode="numeric" defaultValue=${value} />`}
    ${unit && html`<span class="soft">${unit}</span>`}</div>`;
}

/** `given` is a monitor to begin with; `send(body)` adds or changes it. */
export function MonitorForm({ given, send, onClose, action: label }) {
  const [mode, setMode] = useState(given?.mode ?? "crawl");
  const [preset, setPreset] = useState(given ? (PRESETS.some(([id]) => id === given.schedule) ? given.schedule : "cron") : "daily");
  const action = useAction((data) => send(bodyFrom(data, mode)));
  const fields = ["url", "name", "mode", "schedule", "timezone", "alerts", "mails", "options"];
  const alerts = given?.alerts ?? FIRST;
  const rows = RULES.flatMap((rule) => {
    const own = alerts.filter((one) => one.kind === rule[0]);
    return (own.length ? own : [undefined]).map((one, place) => ({ rule, place, given: one }));
  });
  return html`<${Form} class="stack" onSubmit=${action.run} error=${action.error}>
    <${ErrorBox} error=${fields.some((name) => action.at(name)) ? null : action.error} />
    <div class="fields">
      <${Field} wide label="Address" name="url" type="url" placeholder="https://example.com/" spellcheck=${false} required defaultValue=${given?.url} error=${action.at("url")} />
      <${Field} label="Name" name="name" optional maxlength="100" defaultValue=${given?.name} error=${action.at("name")} />
      <${Field} as="select" label="Kind" name="mode" value=${mode} onChange=${(event) => setMode(event.target.value)} error=${action.at("mode")}>
        ${Object.entries(MODES).map(([id, text]) => html`<option key=${id} value=${id}>${text}</option>`)}<//>
      <${Field} as="select" label="When" name="preset" value=${preset} onChange=${(event) => setPreset(event.target.value)} error=${preset === "cron" ? undefined : action.at("schedule")}>
        ${PRESETS.map(([id, text]) => html`<option key=${id} value=${id}>${text}</option>`)}<//>
      ${preset === "cron" && html`<${Field} label="Cron expression" name="cron" placeholder="30 6 * * 1-5" defaultValue=${PRESETS.some(([id]) => id === given?.schedule) ? "" : given?.schedule} hint="Minute, hour, day of month, month, day of week." error=${action.at("schedule")} />`}
      <${Field} label="Time zone" name="timezone" list="zones" defaultValue=${given?.timezone ?? zone()} error=${action.at("timezone")} />
      <datalist id="zones">${zones().map((one) => html`<option key=${one} value=${one} />`)}</datalist>
    </div>
    <fieldset><legend>Tell me when</legend>${rows.map((row) => html`<${Rule} key=${`${row.rule[0]}.${row.place}`} ...${row} />`)}
      ${action.at("alerts") && html`<p class="fault">${action.at("alerts")}</p>`}
      <p class="hint">Webhooks for <code>alert.triggered</code> hear of it, once when it begins and once when it is over.</p></fieldset>
    <fieldset><legend>Mail me</legend>${MAILS.map(([id, text]) => html`<${Check} key=${id} name="mails" value=${id} label=${text} defaultChecked=${given?.mails.includes(id)} />`)}
      ${action.at("mails") && html`<p class="fault">${action.at("mails")}</p>`}</fieldset>
    <${Options} at=${action.at} kind=${mode} given=${given?.options} told=${false} />
    <footer class="actions"><${Button} onClick=${onClose}>Cancel<//><${Button} kind="primary" type="submit" busy=${action.busy}>${label}<//></footer>
  <//>`;
}
