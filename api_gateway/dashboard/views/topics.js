// Links, redirects, duplicates, sitemaps: the issues that belong together, and the pages behind each.

import { plural } from "../format.js";
import { useQuery } from "../router.js";
import { Empty, Loaded, Severity, html, useLoad } from "../ui.js";
import { PageList } from "./page-list.js";
import { issuesOf } from "./texts.js";

const group = (...names) => (check) => names.includes(check.split(".", 1)[0]);
const either = (...tests) => (check) => tests.some((test) => test(check));
const named = (expression) => (check) => expression.test(check);

/** `of`: does a check belong here; `fine`: what it means that none fired. */
export const TOPICS = {
  links: {
    label: "Links",
    about: "How pages are linked: broken and weak links, depth, orphans, pagination.",
    of: either(group("link", "pagination"), named(/^(image|perf)\.broken_/)),
    fine: "No link of this site is broken or weak.",
  },
  redirects: {
    label: "Redirects",
    about: "Pages that answer with a redirect, and what still points to them.",
    of: either(group("redirect"), named(/(3xx|302_temporary|_redirect|to_redirect|redirect_url|\.redirect)$/)),
    fine: "No page redirects.",
  },
  duplicates: {
    label: "Duplicates",
    about: "Pages that share their text, title, description or heading with others.",
    of: either(group("duplicate"), named(/^(title|description|h1)\.duplicate$|^title\.(boilerplate|pattern_outlier)$/)),
    fine: "No two pages have the same text, title, description or heading.",
  },
  sitemap: {
    label: "Sitemap",
    about: "What the sitemaps list, against what the site has.",
    of: either(group("sitemap"), named(/^(robots\.sitemap_missing|link\.orphan)$/)),
    fine: "The sitemaps and the site agree.",
  },
};

function Choice({ items, chosen, onChoose }) {
  return html`<div class="topic" role="group" aria-label="Issues">${items.map(
    (one) => html`<button key=${one.check + one.severity} type="button" aria-pressed=${String(one === chosen)} onClick=${() => onChoose(one)}>
      <${Severity} of=${one.severity} /><span>${one.title}</span><b class="num">${plural(one.pages, "page")}</b></button>`,
  )}</div>`;
}

export function Topic({ scan, part }) {
  const [query, set] = useQuery();
  const topic = TOPICS[part];
  const load = useLoad((signal) => issuesOf(scan, signal), [scan.scan_id]);
  return html`<div class="section"><h2>${topic.label}</h2><p class="lead">${topic.about}</p></div>
    <${Loaded} of=${load} what="Loading the issues">${(all) => {
      const items = all.filter((one) => topic.of(one.check));
      if (!items.length) return html`<${Empty} title="Nothing to see here">${topic.fine}<//>`;
      const chosen = items.find((one) => one.check === query.check && one.severity === query.severity) ?? items.find((one) => one.check === query.check) ?? items[0];
      return html`<${Choice} items=${items} chosen=${chosen} onChoose=${(one) => set({ check: one.check, severity: one.severity, cursor: "" }, { replace: false })} />
        <section class="section"><h3>${chosen.title}</h3>
          <${PageList} scan=${scan} filters=${{ check: chosen.check }} evidenceOf=${chosen.check} total=${chosen.pages}
            empty=${html`<ul class="issues plain">${chosen.examples.map((one) => html`<li><div><span class="mono">${one.url}</span><code class="soft">${one.evidence}</code></div></li>`)}</ul>`} />
        </section>`;
    }}<//>`;
}
