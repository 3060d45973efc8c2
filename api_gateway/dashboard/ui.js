// Parts that views are put together from. Everything shown is text to Preact: there is no way to pass markup in.

import { ApiError } from "./api.js";
import { number, plainly, plural, relative, time } from "./format.js";
import { html, useCallback, useEffect, useMemo, useRef, useState } from "./vendor/htm-preact/standalone.module.js";
import { Link } from "./router.js";

export { Chart, Gauge, Meter } from "./charts.js";
export { Table, VirtualList } from "./table.js";
export { html, useCallback, useEffect, useMemo, useRef, useState };

let lastId = 0;
/** An id that no other element has. */
export const useId = () => useMemo(() => `u${(lastId += 1)}`, []);

/** Set the document's title. */
export function useTitle(title) {
  useEffect(() => void (document.title = title ? `${title} · Scanfleet` : "Scanfleet"), [title]);
}

/** Begin in the field that bears `autofocus`: browsers heed it only in a page that they load themselves. */
export function useFirstField() {
  useEffect(() => document.querySelector("main [autofocus]").focus(), []);
}

/** Load something: `{data, error, loading, reload}`. `load(signal)` is called again when `keys` change. */
export function useLoad(load, keys) {
  const [state, setState] = useState({ loading: true, data: undefined });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    load(stop.signal).then(
      (data) => stop.signal.aborted || setState({ data, loading: false }),
      (error) => stop.signal.aborted || setState({ error, loading: false }),
    );
    return () => stop.abort();
  }, [...keys, round]);
  return { ...state, reload: useCallback(() => setRound((before) => before + 1), []) };
}

/** Do something once at a time: `{run, busy, error, at(param), clear}`; `at` is the message for a field of the API. */
export function useAction(action) {
  const [state, setState] = useState({ busy: false, error: null });
  const busy = useRef(false);
  const run = async (...given) => {
    if (busy.current) return undefined;
    busy.current = true;
    setState({ busy: true, error: null });
    try {
      const result = await action(...given);
      setState({ busy: false, error: null });
      return result;
    } catch (error) {
      setState({ busy: false, error });
      return undefined;
    } finally {
      busy.current = false;
    }
  };
  const { param, message } = state.error ?? {};
  const at = (name) => (param === name || param?.startsWith(`${name}.`) || param?.startsWith(`${name}[`) ? plainly(message) : undefined);
  return { ...state, run, at, clear: () => setState({ busy: false, error: null }) };
}

/** A value that follows another once that has stood still. */
export function useSettled(value, ms = 250) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

/** `kind`: primary, plain, danger, quiet. */
export function Button({ kind = "plain", busy = false, type = "button", disabled, children, ...rest }) {
  const name = `button ${kind}`;
  return html`<button type=${type} class=${name} disabled=${disabled} aria-busy=${busy || undefined} ...${rest}>${children}</button>`;
}

/** A link that looks like a button. */
export function ButtonLink({ kind = "plain", ...rest }) {
  return html`<${Link} class=${`button ${kind}`} ...${rest} />`;
}

/** A labelled control. `as`: input, select or textarea; `wide`, `grow`: its room; what else is given goes to the control. */
export function Field({ label, hint, error, as = "input", optional, children, wide, grow, ...rest }) {
  const id = useId();
  const about = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return html`<div class=${`field ${wide ? "wide" : ""} ${grow ? "grow" : ""}`}>
    <label for=${id}>${label}${optional && html` <span class="soft">optional</span>`}</label>
    <${as} id=${id} aria-describedby=${about || undefined} aria-invalid=${error ? "true" : undefined} ...${rest}>${children}<//>
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${error && html`<p class="fault" id=${`${id}-error`}>${error}</p>`}
  </div>`;
}

/** A checkbox with its label behind it. */
export function Check({ label, hint, error, ...rest }) {
  const id = useId();
  const about = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return html`<div class="check">
    <input type="checkbox" id=${id} aria-describedby=${about || undefined} aria-invalid=${error ? "true" : undefined} ...${rest} />
    <label for=${id}>${label}</label>
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${error && html`<p class="fault" id=${`${id}-error`}>${error}</p>`}
  </div>`;
}

/** A form that sends nothing by itself; after an error the first faulty field has the focus. */
export function Form({ onSubmit, error, children, ...rest }) {
  const form = useRef(null);
  useEffect(() => {
    if (error) (form.current.querySelector('[aria-invalid="true"]') ?? form.current.querySelector(".errorbox"))?.focus();
  }, [error]);
  const submit = (event) => (event.preventDefault(), onSubmit(new FormData(event.target)));
  return html`<form ref=${form} onSubmit=${submit} novalidate ...${rest}>${children}</form>`;
}

/** Filters above a list. */
export const FilterBar = ({ label, children }) =>
  html`<form class="filters" role="search" aria-label=${label} onSubmit=${(event) => event.preventDefault()}>${children}</form>`;

/** An error a person can act on, with a button that tries again. */
export function ErrorBox({ error, retry, title }) {
  if (!error) return null;
  const known = error instanceof ApiError;
  const wait = known && error.retryAfter ? ` Try again in ${plural(Math.ceil(error.retryAfter), "second")}.` : "";
  return html`<div class="errorbox" role="alert" tabindex="-1">
    <p><strong>${title ?? (known ? error.message : "This view failed.")}</strong>${title && known ? ` ${error.message}` : ""}${wait}</p>
    ${!known && html`<p>${String(error?.message ?? error)}</p>`}
    ${error.requestId && html`<p class="soft">Request <code>${error.requestId}</code></p>`}
    ${retry && html`<${Button} onClick=${retry}>Try again<//>`}
  </div>`;
}

/** What to say, and do, where there is nothing yet. */
export const Empty = ({ title, children, action }) =>
  html`<div class="empty"><p class="empty-title">${title}</p>${children && html`<p>${children}</p>`}${action}</div>`;

/** While something loads. */
export const Loading = ({ what = "Loading" }) =>
  html`<div class="loading" role="status"><span class="spinner" aria-hidden="true"></span>${what} …</div>`;

/** Where the focus was on what is gone: on `target`, or on the view, so that the keyboard goes on from there. */
export function regainFocus(target) {
  if (document.activeElement === document.body) (target ?? document.getElementById("main")).focus({ preventScroll: true });
}

/**
 * Loading, error, or what `children(data)` makes of it. What was loaded before stays while it is loaded anew.
 * It has an element of its own: where a component's first element is replaced by another, Preact puts its siblings
 * in again, and in a wrong order.
 */
export function Loaded({ of, what, children }) {
  const root = useRef(null);
  const focused = root.current?.contains(document.activeElement);
  useEffect(() => void (focused && regainFocus(root.current.querySelector(".empty .button"))));
  const loaded = () => (of.data === undefined ? html`<${Loading} what=${what} />` : children(of.data));
  return html`<div class="loaded" ref=${root}>${of.error ? html`<${ErrorBox} error=${of.error} retry=${of.reload} />` : loaded()}</div>`;
}

export const Badge = ({ tone = "plain", children }) => html`<span class=${`badge ${tone}`}>${children}</span>`;
const capital = (word) => word[0].toUpperCase() + word.slice(1);
export const Severity = ({ of }) => html`<span class=${`sev ${of}`}>${capital(of)}</span>`;
export const StatusBadge = ({ of, names }) => html`<span class=${`status ${of}`}>${names?.[of] ?? capital(of)}</span>`;

const MOVES_MS = 20_000;
/** How long ago something was, or how far ahead it is. It moves on by itself. */
export function Ago({ at }) {
  const [, move] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => move((before) => before + 1), MOVES_MS);
    return () => clearInterval(timer);
  }, []);
  return html`<span class="still" title=${time(at)}>${relative(at)}</span>`;
}

/** Pages by number. */
export function Pager({ page, perPage, total, onPage, label = "Pages" }) {
  const last = Math.max(1, Math.ceil(total / perPage));
  if (last === 1) return null;
  return html`<nav class="pager" aria-label=${label}>
    <${Button} disabled=${page <= 1} onClick=${() => onPage(page - 1)}>Previous<//>
    <span>Page ${number(page)} of ${number(last)}</span>
    <${Button} disabled=${page >= last} onClick=${() => onPage(page + 1)}>Next<//>
  </nav>`;
}

/** Links between the parts of one thing; `items`: `{href, label, count, current}`. The current one is scrolled to. */
export function Tabs({ label, items }) {
  const nav = useRef(null);
  const current = items.find((item) => item.current)?.href;
  useEffect(() => {
    const link = nav.current.querySelector("[aria-current]");
    if (link) nav.current.scrollLeft = link.offsetLeft - nav.current.offsetLeft - nav.current.clientWidth / 3;
  }, [current]);
  return html`<nav ref=${nav} class="tabs" aria-label=${label}>
    ${items.map(
      (item) => html`<${Link} key=${item.href} href=${item.href} current=${item.current}>
        ${item.label}${item.count !== undefined && html` <span class="count">${number(item.count)}</span>`}
      <//>`,
    )}
  </nav>`;
}

const toasts = new EventTarget();
/** Say something for a few seconds. */
export const toast = (text, kind = "good") => toasts.dispatchEvent(new CustomEvent("toast", { detail: { text, kind } }));

/** Where toasts are shown; the shell has one. */
export function Toasts() {
  const [shown, setShown] = useState([]);
  useEffect(() => {
    const add = ({ detail }) => {
      const entry = { ...detail, id: (lastId += 1) };
      setShown((before) => [...before.slice(-2), entry]);
      setTimeout(() => setShown((before) => before.filter((one) => one.id !== entry.id)), 6000);
    };
    toasts.addEventListener("toast", add);
    return () => toasts.removeEventListener("toast", add);
  }, []);
  return html`<div class="toasts" role="status" aria-live="polite">
    ${shown.map((one) => html`<p key=${one.id} class=${`toast ${one.kind}`}>${one.text}</p>`)}
  </div>`;
}

/** Code with a button that copies it. */
export function Copy({ text, label = "Copy" }) {
  const [state, setState] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState("Copied");
    } catch {
      setState("Select it and press Ctrl+C"); // no permission, or no https
    }
    setTimeout(() => setState(""), 3000);
  };
  return html`<div class="copy"><code tabindex="0">${text}</code>
    <${Button} onClick=${copy} aria-label=${label}>${state || "Copy"}<//>
    <span class="sr-only" role="status">${state}</span></div>`;
}
