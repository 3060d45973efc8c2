// The texts of a check: why it matters, how to fix it, where the rule comes from.

import { safeHref } from "../format.js";
import { html } from "../ui.js";

/** Text in which `code` is marked by backticks. */
export const Prose = ({ text }) =>
  text.split("`").map((part, place) => (place % 2 ? html`<code key=${place}>${part}</code>` : part));

/** `of`: anything with `why`, `fix` and `source`. */
export function Explained({ of }) {
  const source = safeHref(of.source);
  return html`<div class="explained">
    ${of.why && html`<div><h3>Why it matters</h3><p><${Prose} text=${of.why} /></p></div>`}
    ${of.fix && html`<div><h3>How to fix it</h3><p><${Prose} text=${of.fix[0].toUpperCase() + of.fix.slice(1)} /></p></div>`}
    ${of.source && html`<div><h3>Where the rule comes from</h3><p>${source
      ? html`<a href=${source} target="_blank" rel="noreferrer">${source.replace(/^https?:\/\//, "")}</a>` : of.source}</p></div>`}
  </div>`;
}
