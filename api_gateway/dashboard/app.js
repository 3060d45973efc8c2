// The dashboard's frame: which view an address shows, navigation, theme, and who is signed in.

import { session } from "./api.js";
import { Link, Router, navigate, pattern, to, useHere } from "./router.js";
import { Button, ErrorBox, Loading, Toasts, html, toast, useEffect, useRef, useState, useTitle } from "./ui.js";
import { render } from "./vendor/htm-preact/standalone.module.js";

// A view is the default export of its module: a component that is given `params` (of the path). `login`: guests are asked
// to sign in first. The paths are those of `VIEWS` in routes/dashboard.py.
const ROUTES = [
  ["/", () => import("./views/home.js")],
  ["/sign-in", () => import("./views/sign-in.js")],
  ["/sign-up", () => import("./views/sign-up.js")],
  ["/history", () => import("./views/history.js"), { login: true }],
  ["/checks", () => import("./views/checks.js")],
  ["/scans/:id/:part?/:what?", () => import("./views/scan.js")],
  ["/tokens", () => import("./views/tokens.js"), { login: true }],
  ["/usage", () => import("./views/usage.js"), { login: true }],
  ["/monitors/:id?", () => import("./views/monitors.js"), { login: true }],
  ["/webhooks/:id?", () => import("./views/webhooks.js"), { login: true }],
  ["/account", () => import("./views/account.js"), { login: true }],
].map(([path, load, needs]) => ({ path, load, match: pattern(path), ...needs }));

// `login`: shown to those who are signed in only.
const NAVIGATION = [
  { title: "Scans", links: [{ href: "/", label: "New scan" }, { href: "/history", label: "History", login: true }] },
  {
    title: "Watch",
    login: true,
    links: [{ href: "/monitors", label: "Monitors" }, { href: "/webhooks", label: "Webhooks" }],
  },
  {
    title: "Account",
    login: true,
    links: [{ href: "/tokens", label: "API & Token" }, { href: "/usage", label: "Usage" }, { href: "/account", label: "Account" }],
  },
  { title: "Reference", links: [{ href: "/checks", label: "Checks" }, { href: "/api/v1/docs", label: "API docs", outside: true }] },
];

const signInFirst = { path: "sign-in", load: () => import("./views/sign-in.js"), params: {} };

function routeOf(path, signedIn) {
  for (const route of ROUTES) {
    const params = route.match(path);
    if (params) return route.login && !signedIn ? signInFirst : { ...route, params };
  }
  return null;
}

const loaded = new Map(); // views that are here already are shown without an interval

function View({ route }) {
  const [state, setState] = useState({});
  const name = route.path;
  const ready = loaded.get(name);
  useEffect(() => {
    if (ready) return;
    route.load().then(
      (module) => (loaded.set(name, module.default), setState({ name })),
      () => setState({ name, error: new Error("This view could not be loaded. A newer version may be running: reload the page.") }),
    );
  }, [name]);
  if (ready) return html`<${Guarded} key=${name + (route.params.id ?? "")} view=${ready} params=${route.params} />`;
  if (state.name === name && state.error) return html`<${ErrorBox} error=${state.error} retry=${() => location.reload()} />`;
  return html`<${Loading} />`;
}

const Guarded = ({ view, params }) => html`<${view} params=${params} />`;

function Missing() {
  useTitle("Not found");
  return html`<h1>There is nothing here</h1><p>The address may be mistyped. <${Link} href="/">Start a scan<//> instead?</p>`;
}

const THEMES = { auto: "Theme: system", light: "Theme: light", dark: "Theme: dark" };

function ThemeButton() {
  const [theme, setTheme] = useState(document.documentElement.dataset.theme ?? "auto");
  const next = { auto: "light", light: "dark", dark: "auto" }[theme];
  const turn = () => {
    if (next === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    try {
      if (next === "auto") localStorage.removeItem("scanfleet.theme");
      else localStorage.setItem("scanfleet.theme", next);
    } catch {
      // Without storage the choice lasts as long as the tab.
    }
    setTheme(next);
  };
  return html`<button type="button" class="navbutton" onClick=${turn}>${THEMES[theme]}</button>`;
}

function SignedIn({ who }) {
  const out = async () => {
    await session.signOut().catch(() => undefined); // the token is forgotten here in any case
    navigate("/");
    toast("You are signed out.");
  };
  if (who) return html`<p class="who" title=${who.email}>${who.email}</p><button type="button" class="navbutton" onClick=${out}>Sign out</button>`;
  const back = location.pathname === "/sign-in" || location.pathname === "/sign-up" ? "" : location.pathname + location.search;
  return html`<p class="who">You are a guest.</p><${Link} class="navbutton" href=${to("/sign-in", { next: back === "/" ? "" : back })}>Sign in<//>`;
}

const under = (path, href) => (href === "/" ? path === "/" : path === href || path.startsWith(`${href}/`));

function Navigation({ who, path, open, onFollow }) {
  const shown = (one) => who || !one.login;
  const link = ({ href, label, outside }) =>
    outside
      ? html`<a href=${href}>${label}</a>`
      : html`<${Link} href=${href} current=${under(path, href)} onFollow=${onFollow}>${label}<//>`;
  return html`<nav id="navigation" class=${open ? "open" : ""} aria-label="Main">
    ${NAVIGATION.filter(shown).map(
      (group) => html`<div class="navgroup"><p>${group.title}</p>
        <ul>${group.links.filter(shown).map((one) => html`<li key=${one.href}>${link(one)}</li>`)}</ul></div>`,
    )}
    <div class="navfoot"><${SignedIn} who=${who} /><${ThemeButton} /></div>
  </nav>`;
}

function Shell() {
  const here = useHere();
  const [who, setWho] = useState(session.current);
  const [open, setOpen] = useState(false);
  const main = useRef(null);
  const begun = useRef(false);
  useEffect(() => session.subscribe((next, why) => (setWho(next), why && toast(why, "warn"))), []);
  useEffect(() => {
    // A new view begins at its top, with the focus on it, so that a screen reader reads on from there.
    if (begun.current && !here.state?.keepFocus) {
      (main.current.querySelector("[autofocus]") ?? main.current).focus({ preventScroll: true });
      scrollTo(0, here.state?.y ?? 0);
    }
    begun.current = true;
  }, [here.path]);
  const route = routeOf(here.path, Boolean(who));
  return html`<a class="skip" href="#main">Skip to content</a>
    <header class="side">
      <${Link} href="/" class="brand"><span class="mark" aria-hidden="true"></span>Scanfleet<//>
      <${Button} kind="menu" aria-expanded=${String(open)} aria-controls="navigation" onClick=${() => setOpen(!open)}>Menu<//>
      <${Navigation} who=${who} path=${here.path} open=${open} onFollow=${() => setOpen(false)} />
    </header>
    <main id="main" tabindex="-1" ref=${main}>${route ? html`<${View} key=${who?.email ?? ""} route=${route} />` : html`<${Missing} />`}</main>
    <${Toasts} />`;
}

render(html`<${Router}><${Shell} /><//>`, document.getElementById("app"));
