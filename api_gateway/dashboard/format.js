// Figures and times as people read them, in the browser's own language and zone.

const whole = new Intl.NumberFormat();
const one = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const short = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const ago = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

const NONE = "–";
const missing = (value) => value === null || value === undefined;

export const number = (value) => (missing(value) ? NONE : whole.format(value));
export const decimal = (value) => (missing(value) ? NONE : one.format(value));
export const plural = (count, name, names = `${name}s`) => `${number(count)} ${count === 1 ? name : names}`;

/** A share of 0 to 1 in percent; what is there at all is never called 0 %. */
export function percent(share) {
  if (missing(share)) return NONE;
  if (share > 0 && share < 0.01) return "<1 %";
  return `${Math.round(share * 100)} %`;
}

/** Points of the score, with their sign where `signed`. */
export function points(value, signed = false) {
  if (missing(value)) return NONE;
  if (value > 0 && value < 0.05) return signed ? "+<0.1" : "<0.1";
  return (signed && value > 0 ? "+" : "") + one.format(value);
}

export const time = (text) => (text ? short.format(new Date(text)) : NONE);
export const date = (text) => (text ? day.format(new Date(text)) : NONE);

const STEPS = [[60, "second"], [3600, "minute"], [86400, "hour"], [Infinity, "day"]];

/** "3 minutes ago", "in 2 days". */
export function relative(text, now = Date.now()) {
  if (!text) return NONE;
  const seconds = (new Date(text) - now) / 1000;
  const place = STEPS.findIndex(([limit]) => Math.abs(seconds) < limit);
  return ago.format(Math.round(seconds / (place ? STEPS[place - 1][0] : 1)), STEPS[place][1]);
}

/** Seconds as "45 s", "3 min 20 s", "2 h 5 min". */
export function duration(seconds) {
  if (missing(seconds)) return NONE;
  const all = Math.max(0, Math.round(seconds));
  if (all < 60) return `${all} s`;
  if (all < 3600) return `${Math.floor(all / 60)} min ${all % 60 ? `${all % 60} s` : ""}`.trim();
  return `${Math.floor(all / 3600)} h ${Math.floor((all % 3600) / 60)} min`;
}

export function bytes(count) {
  if (missing(count)) return NONE;
  if (count < 1000) return `${count} B`;
  return count < 1_000_000 ? `${one.format(count / 1000)} kB` : `${one.format(count / 1_000_000)} MB`;
}

export const CATEGORIES = {
  indexing: "Crawling and indexing",
  on_page: "On-page",
  links: "Links",
  international: "International and structured data",
  performance: "Performance hints",
  security: "Security",
  social: "Social and AI",
  scan: "About the scan",
};
export const SEVERITIES = ["critical", "high", "medium", "low", "info"];
export const MODES = { single: "Single page", sitemap: "Sitemap", crawl: "Crawl" };
export const STATUSES = { running: "Running", complete: "Complete", error: "Failed", stopped: "Stopped" };

/** How a score is coloured: the bounds are a heuristic, as in common page-speed reports. */
export const tone = (score) => (missing(score) ? "none" : score >= 90 ? "good" : score >= 70 ? "fair" : score >= 50 ? "weak" : "bad");

/** A URL's host, or the text itself when it is none. */
export function host(url) {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

/** A URL without scheme and host, for lists of one site's pages. */
export function path(url, site) {
  return site && url.startsWith(site) && url.length > site.length ? url.slice(site.length) : url;
}

/** The address to link to, or undefined for what isn't http(s): `javascript:` must never be a link. */
export const safeHref = (url) => (/^https?:\/\//i.test(url ?? "") ? url : undefined);

/** What the API says of a field, for people who see the field that it stands at. */
export function plainly(message) {
  const words = message
    .replace(/^[\w.[\]…]+: /, "")
    .replace(/that matches \S+.*$/, "of the right form.")
    .replace(/^must be a string of at /, "must have at ")
    .replace(/^must be an integer/, "must be a whole number");
  return words[0].toUpperCase() + words.slice(1);
}
