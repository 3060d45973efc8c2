// One page: what was found on it, where, and what is known of it otherwise.

import { get } from "../api.js";
import { bytes, number, safeHref, tone } from "../format.js";
import { Link, useQuery } from "../router.js";
import { Empty, Gauge, Loaded, Severity, html, useLoad } from "../ui.js";
import { Explained } from "./explained.js";
import { Status } from "./page-list.js";
import { bySeverity, useTexts } from "./texts.js";

const ROUNDS = 20;
const LONGEST = 500; // characters that the API's filter takes

/** Look for the page from `cursor` on, then from the beginning; the filter by address leaves few to look through. */
async function find(scan, { url, cursor, check }, signal) {
  let after = cursor;
  for (let round = 0; round < ROUNDS; round += 1) {
    const query = { url: url.slice(-LONGEST), check, cursor: after, limit: round ? 500 : 100 };
    const { items, next_cursor: next } = await get(`/scans/${scan.scan_id}/pages`, query, { signal });
    const found = items.find((one) => one.url === url);
    if (found) return found;
    if (!next) break;
    after = next;
  }
  return cursor || check ? find(scan, { url }, signal) : null;
}

const yes = (value) => (value === undefined || value === null ? "–" : value ? "yes" : "no");

function known({ facts, ...page }) {
  return [
    ["Final address", page.final_url !== page.url && page.final_url],
    ["Error", facts.error_message ?? page.error],
    ["Canonical", facts.canonical],
    ["Description", facts.description],
    ["First heading", facts.h1],
    ["Indexable", facts.indexable !== undefined && yes(facts.indexable)],
    ["Language", facts.language && `${facts.language}${facts.html_lang ? `, declared as ${facts.html_lang}` : ""}`],
    ["Words", facts.words !== undefined && number(facts.words)],
    ["Readability", facts.readability],
    ["Keywords", facts.keywords?.join(", ")],
    ["Links", facts.internal_links !== undefined && `${number(facts.internal_links)} internal, ${number(facts.external_links)} external`],
    ["Images", facts.images !== undefined && number(facts.images)],
    ["Structured data", facts.schema_types?.join(", ")],
    ["Depth", page.depth],
  ].filter(([, value]) => value !== undefined && value !== null && value !== false && value !== "");
}

function sent({ facts, ...page }) {
  return [
    ["Content type", facts.content_type],
    ["HTTP version", facts.http_version],
    ["Size", page.bytes !== null && `${bytes(page.bytes)}${facts.truncated ? ", cut off" : ""}`],
    ["Over the wire", facts.wire_bytes && bytes(facts.wire_bytes)],
    ["First byte", facts.ttfb_ms !== undefined && facts.ttfb_ms !== null && `${number(facts.ttfb_ms)} ms`],
    ["Whole answer", page.duration_ms !== null && `${number(page.duration_ms)} ms`],
  ].filter(([, value]) => value !== undefined && value !== null && value !== false && value !== "");
}

const Facts = ({ title, rows }) =>
  rows.length > 0 && html`<section class="section"><h3>${title}</h3><dl class="facts">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></section>`;

function Redirects({ page }) {
  if (!page.redirects.length) return null;
  return html`<section class="section"><h3>Redirects</h3><ol class="hops">${page.redirects.map(
    (hop, place) => html`<li key=${place}><span class="badge warn">${hop.status}</span> <code>${hop.url}</code></li>`,
  )}<li><${Status} of=${{ ...page, redirects: [] }} /> <code>${page.final_url}</code></li></ol></section>`;
}

function Finding({ scan, finding, text }) {
  return html`<li><details>
    <summary><${Severity} of=${finding.severity} /><span class="issue-title">${text?.title ?? finding.check}
      ${finding.evidence && html`<code class="soft">${finding.evidence}</code>`}</span></summary>
    <div class="unfold"><dl class="facts">
        <dt>Check</dt><dd><code>${finding.check}</code></dd>
        ${finding.position && html`<dt>Where</dt><dd><code>${finding.position}</code></dd>`}
        ${finding.count > 1 && html`<dt>How often</dt><dd>${number(finding.count)} times on this page</dd>`}</dl>
      ${text && html`<${Explained} of=${text} />`}
      ${scan.result && html`<p><${Link} href=${`/scans/${scan.scan_id}/issues/${finding.check}`}>All pages with this issue<//></p>`}</div>
  </details></li>`;
}

function Found({ scan, page }) {
  const { data: texts } = useTexts(scan);
  if (!page.findings.length) return html`<${Empty} title="Nothing found">Every check that applies to this page has passed.<//>`;
  return html`<ul class="issues">${bySeverity(page.findings).map(
    (one, place) => html`<${Finding} key=${place} scan=${scan} finding=${one} text=${texts?.get(one.check)} />`,
  )}</ul>`;
}

export function Page({ scan }) {
  const [query] = useQuery();
  const load = useLoad(async (signal) => (query.url ? find(scan, query, signal) : null), [scan.scan_id, query.url]);
  return html`<p><${Link} href=${`/scans/${scan.scan_id}/pages`}>All pages<//></p>
    <${Loaded} of=${load} what="Looking for the page">${(page) => {
      if (!page) return html`<${Empty} title="This page is not part of the scan"><code>${query.url}</code><//>`;
      const href = safeHref(page.url);
      return html`<section class="panel pagehead">
          <div class="section"><h2>${page.title || "No title"}</h2>
            <p class="mono">${href ? html`<a href=${href} target="_blank" rel="noreferrer noopener">${page.url}</a>` : page.url}</p>
            <p><${Status} of=${page} /></p></div>
          ${page.score !== null && html`<div class=${tone(page.score)}><${Gauge} score=${page.score} label="Score of this page" /></div>`}
        </section>
        <section class="section"><header><h2>Findings</h2><span class="soft">${number(page.findings.length)}</span></header><${Found} scan=${scan} page=${page} /></section>
        <section class="panel factsheet" aria-label="Facts"><${Facts} title="The page" rows=${known(page)} />
          <div class="stack"><${Facts} title="The answer" rows=${sent(page)} /><${Redirects} page=${page} /></div></section>`;
    }}<//>`;
}
