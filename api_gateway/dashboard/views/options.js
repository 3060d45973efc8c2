// All options of a scan as form fields, and the form's data as the API's `options`.

import { ApiError } from "../api.js";
import { Check, Field, html, useRef } from "../ui.js";

const NETWORK = [
  ["external", "External links", "Asks whether pages of other sites that are linked to still answer."],
  ["assets", "Images, scripts, styles", "Asks for each once: size, type, whether it is there."],
  ["tls", "Certificate and TLS", "Looks at the certificate and the protocol versions."],
  ["host_variants", "Host variants", "http, https, with and without www."],
  ["random_404", "Missing pages", "Asks for an address that can't exist."],
  ["ai_agents", "AI agents", "Asks as the crawlers of AI services do."],
];

/** A whole number where it is one; else the text as typed, so that the API says what is wrong with it. */
const whole = (text) => (/^-?\d+$/.test(text) ? Number(text) : text);
const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

function wrong(param, message) {
  return new ApiError({ code: "INVALID_REQUEST", param, message }, 400, "");
}

function thresholds(text) {
  return Object.fromEntries(
    lines(text).map((line) => {
      const found = /^([a-z0-9_.]+)\s*[=:]\s*(-?[\d.]+)$/i.exec(line);
      if (!found) throw wrong("options.thresholds", `"${line}" is not of the form "title.too_long = 70".`);
      return [found[1], Number(found[2])];
    }),
  );
}

const limits = (given) => given && Object.entries(given).map(([name, value]) => `${name} = ${value}`).join("\n");

/** What the form holds, as `options`; fields left alone aren't sent. */
export function optionsFrom(data) {
  const text = (name) => String(data.get(name) ?? "").trim();
  const options = {};
  const put = (name, value) => void (value !== undefined && (options[name] = value));
  for (const name of ["max_pages", "max_depth", "concurrency", "delay_ms"]) if (text(name)) put(name, whole(text(name)));
  for (const name of ["user_agent", "cookie", "profile"]) if (text(name)) put(name, text(name));
  if (text("exclude")) put("exclude", lines(text("exclude")));
  if (text("disable_checks")) put("disable_checks", text("disable_checks").split(/[\s,]+/));
  if (text("thresholds")) put("thresholds", thresholds(text("thresholds")));
  if (data.get("include_subdomains")) put("include_subdomains", true);
  if (data.get("ignore_robots")) put("respect_robots", false);
  const network = data.getAll("checks_network");
  if (network.length) put("checks_network", network);
  const [username, password] = [text("username"), String(data.get("password") ?? "")];
  if (username || password) put("basic_auth", { username, password });
  return options;
}

const GROUPS = {
  extent: ["max_pages", "max_depth", "exclude", "include_subdomains"],
  manners: ["concurrency", "delay_ms", "respect_robots", "user_agent"],
  network: ["checks_network"],
  judging: ["profile", "disable_checks", "thresholds"],
  login: ["basic_auth", "cookie"],
  after: ["webhook_url"],
};

/** Once there was a reason to open it, it isn't closed again under somebody's hands. */
function Group({ title, open, children }) {
  const opened = useRef(false);
  opened.current ||= open;
  return html`<details class="group" open=${opened.current || undefined}><summary>${title}</summary><div class="fields">${children}</div></details>`;
}

/** `at(param)` is the API's message for a field, `given` options to begin with; groups with either are open. `told`: with a webhook. */
export function Options({ at, kind, given = {}, told = true }) {
  const of = (name) => at(`options.${name}`);
  const number = (name, label, hint) =>
    html`<${Field} name=${name} label=${label} hint=${hint} inputmode="numeric" autocomplete="off" defaultValue=${given[name]} error=${of(name)} />`;
  const group = (title, names, content) =>
    html`<${Group} title=${title} open=${names.some((name) => of(name) || at(name) || given[name] !== undefined)}>${content}<//>`;
  const area = (name, label, hint, placeholder, value) =>
    html`<${Field} as="textarea" defaultValue=${value} name=${name} label=${label} hint=${hint} placeholder=${placeholder} rows="3" spellcheck=${false} error=${of(name)} />`;
  return html`<div class="panel options" aria-label="Options" role="group">
    ${kind !== "single" && kind !== "bulk" && group("How much", GROUPS.extent, html`
      ${number("max_pages", "Most pages", "The account's limit holds besides.")}
      ${kind === "crawl" && number("max_depth", "Depth", "Clicks from the start; 5 unless given.")}
      ${area("exclude", "Leave out", "One a line: text is looked for anywhere in the address, /…/ is a regular expression.", "/cart\n/\\?sort=/", given.exclude?.join("\n"))}
      <${Check} name="include_subdomains" label="Include subdomains" defaultChecked=${given.include_subdomains} error=${of("include_subdomains")} />`)}
    ${group("How fast, and as whom", GROUPS.manners, html`
      ${number("concurrency", "Requests at once", "1 to 10 for each host; 3 unless given.")}
      ${number("delay_ms", "Pause in milliseconds", "Between the requests of each; 500 unless given.")}
      <${Field} name="user_agent" label="User agent" defaultValue=${given.user_agent} hint="Needs a permission of the account." autocomplete="off" error=${of("user_agent")} />
      <${Check} name="ignore_robots" label="Ignore robots.txt" defaultChecked=${given.respect_robots === false} hint="Needs a permission of the account." error=${of("respect_robots")} />`)}
    ${group("What else to ask the network", GROUPS.network, html`${NETWORK.map(
      ([name, label, hint]) => html`<${Check} key=${name} name="checks_network" value=${name} label=${label} hint=${hint} defaultChecked=${given.checks_network?.includes(name)} />`,
    )}${of("checks_network") && html`<p class="fault">${of("checks_network")}</p>`}`)}
    ${group("How to judge", GROUPS.judging, html`
      <${Field} name="profile" label="Profile" defaultValue=${given.profile} hint="Weights and thresholds; the newest unless given." autocomplete="off" error=${of("profile")} />
      ${area("disable_checks", "Checks to leave out", "Ids, one a line; the report says which.", "title.too_short", given.disable_checks?.join("\n"))}
      ${area("thresholds", "Thresholds", "One a line.", "title.too_long = 70", limits(given.thresholds))}`)}
    ${group("Behind a login", GROUPS.login, html`
      <${Field} name="username" label="User name" autocomplete="off" error=${of("basic_auth.username") ?? of("basic_auth")} />
      <${Field} name="password" label="Password" type="password" autocomplete="off" error=${of("basic_auth.password")} />
      <${Field} name="cookie" label="Cookie" hint="Kept encrypted, sent to this site only, deleted when the scan ends." autocomplete="off" error=${of("cookie")} />`)}
    ${told && group("When it is done", GROUPS.after, html`
      <${Field} name="webhook_url" label="Webhook" type="url" wide hint="Hears how the scan ended; signed with the account's secret." autocomplete="off" error=${at("webhook_url")} />`)}
  </div>`;
}
