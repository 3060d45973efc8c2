// What is used up, what is left, and when it comes back.

import { get } from "../api.js";
import { MODES, number, plural, time } from "../format.js";
import { Badge, Loaded, Meter, html, useLoad, useTitle } from "../ui.js";

const shade = (share) => (share >= 1 ? "bad" : share >= 0.8 ? "weak" : "good");

function Quota({ mode, used, limit, next_free_at: free }) {
  const share = limit ? used / limit : 1;
  const left = Math.max(0, limit - used);
  return html`<li class="panel stack tight"><h2>${MODES[mode]}</h2>
    ${limit === 0
      ? html`<p class="soft">Not part of this plan.</p>`
      : html`<p><strong class="figure">${number(used)}</strong> of ${plural(limit, "scan")} used</p><${Meter} share=${share} tone=${shade(share)} />
        <p class="soft">${left ? `${number(left)} left` : "None left"}${free ? `; the next comes back ${time(free)}` : ""}</p>`}
  </li>`;
}

export default function Usage() {
  useTitle("Usage");
  const load = useLoad((signal) => get("/user/usage", {}, { signal }), []);
  return html`<div class="viewhead"><div><h1>Usage</h1>
      <p class="lead">Scans of the last 24 hours. Each comes back exactly a day after it was started; runs of monitors and test scans don't count.</p></div></div>
    <${Loaded} of=${load} what="Loading your usage">${(usage) => {
      const { limits } = usage;
      const facts = [
        ["Plan", html`<${Badge}>${usage.tier}<//>`],
        ["Requests in 24 hours", number(usage.requests_24h)],
        ["Requests a minute", `${number(limits.requests_per_minute)}, up to ${number(limits.burst)} at once`],
        ["Pages per scan", number(limits.pages_per_scan)],
        ["Scans running at once", number(limits.running_scans)],
        ["Monitors", limits.monitors ? `${number(limits.monitors)}, every ${plural(limits.monitor_interval_hours, "hour")} at most` : "none"],
        ["Results are kept for", plural(limits.kept_days, "day")],
      ];
      return html`<ul class="fields">${Object.keys(MODES).map((mode) => html`<${Quota} key=${mode} mode=${mode} ...${usage[mode]} />`)}</ul>
        <section class="panel section"><h2>Plan</h2><dl class="facts">${facts.map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${value}</dd>`)}</dl></section>`;
    }}<//>`;
}
