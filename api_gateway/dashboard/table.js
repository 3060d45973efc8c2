// Tables: a plain one, and a list of any length that keeps only what is looked at.

import { number, plural } from "./format.js";
import { html, useEffect, useLayoutEffect, useReducer, useRef } from "./vendor/htm-preact/standalone.module.js";

/** `columns`: `{label, cell(row), num, hide}`; `hide` leaves a column out on narrow screens. */
export function Table({ caption, columns, rows, rowKey, rowClass }) {
  const kind = (column) => `${column.num ? "num" : ""} ${column.hide ? "wide-only" : ""}`;
  return html`<div class="scroller" tabindex="0" role="region" aria-label=${caption}><table>
    <caption class="sr-only">${caption}</caption>
    <thead><tr>${columns.map((column) => html`<th scope="col" class=${kind(column)}>${column.label}</th>`)}</tr></thead>
    <tbody>${rows.map(
      (row) => html`<tr key=${rowKey(row)} class=${rowClass?.(row)}>
        ${columns.map((column) => html`<td class=${kind(column)}>${column.cell(row)}</td>`)}</tr>`,
    )}</tbody>
  </table></div>`;
}

const CHUNK = 100;
const KEPT = 12; // chunks in memory: 1,200 rows, however far one scrolls
const MARGIN = 10; // rows drawn above and below the window
const MOST = 400_000; // rows; beyond it browsers cap an element's height

/** What is known of a list that is read by cursor: which cursor begins each chunk, and the rows of those in use. */
class Chunks {
  constructor(start) {
    this.list = [{ cursor: start, items: null, length: CHUNK }];
    this.ended = false;
    this.error = null;
    this.loading = new Set();
  }

  get length() {
    const known = this.list.at(-1);
    return (this.list.length - 1) * CHUNK + (known.items || known.seen ? known.length : 0);
  }

  row(index) {
    return this.list[Math.floor(index / CHUNK)]?.items?.[index % CHUNK];
  }

  take(place, { items, next_cursor: next }) {
    const chunk = this.list[place];
    Object.assign(chunk, { items, length: items.length, seen: true });
    if (place !== this.list.length - 1) return;
    if (next && this.list.length * CHUNK < MOST) this.list.push({ cursor: next, items: null, length: 0 });
    else this.ended = true;
  }

  /** Forget the rows of chunks that are furthest from where we are. */
  tidy(here) {
    const full = this.list.map((chunk, place) => ({ chunk, place })).filter(({ chunk }) => chunk.items);
    full.sort((a, b) => Math.abs(a.place - here) - Math.abs(b.place - here));
    for (const { chunk } of full.slice(KEPT)) chunk.items = null;
  }
}

function counted({ ended, length }, total) {
  if (ended) return plural(length, "page");
  return total ? `${number(length)} of ${plural(total, "page")} read` : `${plural(length, "page")} read, and more to come`;
}

/**
 * A list read by cursor, `CHUNK` rows at a time, drawn only where the window is. `load(cursor, signal)` answers with
 * `{items, next_cursor}`; a new `name` begins anew, from `start`. `row(item, cursor)` draws one, `height` pixels high.
 * `onPlace(cursor)` hears which chunk is at the top of the window.
 */
export function VirtualList({ name, load, start, row, height, total, label, head, empty, onPlace }) {
  const [, draw] = useReducer((count) => count + 1, 0);
  const box = useRef(null);
  const held = useRef(null);
  if (held.current?.name !== name) {
    held.current?.stop.abort();
    held.current = { name, chunks: new Chunks(start), stop: new AbortController(), at: null };
  }
  const { chunks, stop } = held.current;

  const want = (place) => {
    if (chunks.loading.has(place) || !chunks.list[place] || chunks.list[place].items || chunks.error) return;
    chunks.loading.add(place);
    load(chunks.list[place].cursor, stop.signal)
      .then((data) => chunks.take(place, data), (error) => void (chunks.error = error))
      .finally(() => (chunks.loading.delete(place), stop.signal.aborted || draw()));
  };

  const top = box.current ? -box.current.getBoundingClientRect().top : 0;
  const first = Math.max(0, Math.min(chunks.length, Math.floor(top / height)) - MARGIN);
  const last = Math.min(chunks.length, Math.ceil((top + innerHeight) / height) + MARGIN);
  const here = Math.min(chunks.list.length - 1, Math.floor(first / CHUNK));

  useEffect(() => {
    let frame = 0;
    const look = () => (frame ||= requestAnimationFrame(() => ((frame = 0), draw())));
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => (cancelAnimationFrame(frame), removeEventListener("scroll", look), removeEventListener("resize", look));
  }, []);
  useEffect(() => () => held.current.stop.abort(), []);
  useLayoutEffect(() => {
    for (let place = here; place <= Math.floor(Math.max(0, last - 1) / CHUNK); place += 1) want(place);
    if (!chunks.ended && last > chunks.length - CHUNK / 2) want(chunks.list.length - 1);
    chunks.tidy(here);
  });
  useEffect(() => {
    const shown = chunks.list[Math.min(chunks.list.length - 1, Math.max(0, Math.floor(top / height / CHUNK)))].cursor;
    if (held.current.at === null || held.current.at === shown) held.current.at = shown;
    else onPlace?.((held.current.at = shown));
  });

  if (chunks.ended && !chunks.length) return empty ?? html`<p class="soft">Nothing here.</p>`;
  const rows = [];
  for (let index = first; index < last; index += 1) {
    const item = chunks.row(index);
    const style = { top: `${index * height}px`, height: `${height}px` };
    rows.push(html`<div key=${index} class="vrow" role="row" aria-rowindex=${index + 2} style=${style}>
      ${item ? row(item, chunks.list[Math.floor(index / CHUNK)].cursor) : html`<div role="cell" class="ghost">…</div>`}</div>`);
  }
  const count = chunks.ended ? chunks.length : total;
  const again = () => ((chunks.error = null), draw());
  return html`<div class="vlist">
    <p class="soft" role="status">${counted(chunks, total)}</p>
    <div role="table" aria-label=${label} aria-rowcount=${(count ?? -2) + 1}>
      <div class="vhead" role="row" aria-rowindex="1">${head}</div>
      <div ref=${box} role="rowgroup" class="vbody" style=${{ height: `${chunks.length * height}px` }}>${rows}</div>
    </div>
    ${chunks.error && html`<div class="errorbox" role="alert"><p>${chunks.error.message}</p>
      <button type="button" class="button plain" onClick=${again}>Try again</button></div>`}
    ${!chunks.ended && !chunks.error && (chunks.length
      ? html`<p class="soft">More follow as you scroll.</p>`
      : html`<p class="loading"><span class="spinner" aria-hidden="true"></span>Loading …</p>`)}
  </div>`;
}
