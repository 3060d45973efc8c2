// Addresses and views: the URL holds which view is shown, of what, and how it is filtered, so that any link can be shared.

import { createContext, html, useContext, useEffect, useMemo, useState } from "./vendor/htm-preact/standalone.module.js";

const Here = createContext(null);
const moved = new EventTarget();

/** Go to a path of the dashboard. */
export function navigate(to, { replace = false, keepFocus = false } = {}) {
  if (to === location.pathname + location.search) return;
  if (!replace) history.replaceState({ ...history.state, y: scrollY }, "");
  history[replace ? "replaceState" : "pushState"]({ keepFocus }, "", to);
  moved.dispatchEvent(new Event("moved"));
}

/** A path with a query; empty values are left out. */
export function to(path, query = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") search.set(name, value);
  }
  return search.size ? `${path}?${search}` : path;
}

/** Compile `/scans/:id/:part?` to a function from path to parameters, or null; `?` marks what may be left out. */
export function pattern(path) {
  const names = [];
  const segment = (_, name, optional) => (names.push(name), optional ? "(?:/([^/]+))?" : "/([^/]+)");
  const source = path.replace(/\/:(\w+)(\?)?/g, segment);
  const expression = new RegExp(`^${source}/?$`);
  return (pathname) => {
    const found = expression.exec(pathname);
    if (!found) return null;
    try {
      return Object.fromEntries(names.map((name, place) => [name, found[place + 1] && decodeURIComponent(found[place + 1])]));
    } catch {
      return null; // a malformed escape names nothing
    }
  };
}

const place = () => ({ path: location.pathname, search: location.search, state: history.state });

/** Keeps what is below informed of the address. */
export function Router({ children }) {
  const [here, setHere] = useState(place);
  useEffect(() => {
    const look = () => setHere(place());
    moved.addEventListener("moved", look);
    addEventListener("popstate", look);
    return () => (moved.removeEventListener("moved", look), removeEventListener("popstate", look));
  }, []);
  return html`<${Here.Provider} value=${here}>${children}<//>`;
}

/** `{path, search, state}`. */
export const useHere = () => useContext(Here);

/** The query as an object, and a function that changes some of it: `set({severity: "high"})`. */
export function useQuery() {
  const { path, search } = useHere();
  const query = useMemo(() => Object.fromEntries(new URLSearchParams(search)), [search]);
  const set = (changes, { replace = true } = {}) => {
    const now = Object.fromEntries(new URLSearchParams(location.search));
    navigate(to(path, { ...now, ...changes }), { replace, keepFocus: true });
  };
  return [query, set];
}

const plain = (event) => event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

/** A link within the dashboard. `current` marks the one that leads to where we are. */
export function Link({ href, current, children, onFollow, ...rest }) {
  const follow = (event) => {
    if (!plain(event) || event.defaultPrevented) return;
    event.preventDefault();
    onFollow?.();
    navigate(href);
  };
  return html`<a href=${href} aria-current=${current ? "page" : undefined} ...${rest} onClick=${follow}>${children}</a>`;
}
