// The texts of a check: why it matters, how to fix it, where the rule comes from.

import { safeHref } from "../format.js";
import { html } from "../ui.js";

/** Text in which `code` is marked by backticks. */
export const Prose = ({ text }) =>
  text.split("`").map((part, place) => (place % 2 ? html`<code key=${place}>${part}</code>` : part));

/** `of`: anything with `why`, `fix` and `source`. */
export function Explained({ of }) {
  const source = safeHref(of.source);
  return html`<dl class="explained">
    ${of.why && html`<div><dt>Why it matters</dt><dd><${Prose} text=${of.why} /></dd></div>`}
    ${of.fix && html`<div><dt>How to fix it</dt><dd><${Prose} text=${of.fix[0].toUpperCase() + of.fix.slice(1)} /></dd></div>`}
    ${of.source && html`<div><dt>Where the rule comes from</dt><dd>${source
      ? html`<a href=${source} target="_blank" rel="noreferrer">${source.replace(/^https?:\/\//, "")}</a>` : of.source}</dd></div>`}
  </dl>`;
}
