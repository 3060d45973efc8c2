// A scan as it goes on: events over one open response, or asked for every few seconds where that doesn't hold.

import { events, get } from "../api.js";
import { decimal, duration, number, plural } from "../format.js";
import { Severity, html, useEffect, useLoad, useRef, useState } from "../ui.js";
import { checks } from "./texts.js";

const POLL_MS = 2500;
const POLLS = 4; // before the stream is tried again
const LISTED = 100;
const SAID_MS = 10_000; // between announcements to screen readers
const PHASES = {
  queued: "Waiting for a worker",
  discovering: "Looking for pages",
  fetching: "Fetching and judging pages",
  analysing: "Looking at the site as a whole",
  ended: "Done",
};

const wait = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });

/** Follow the scan until it has ended: `on.progress(data)`, `on.finding(data)`, then `on.end()`. */
async function follow(id, on, signal) {
  let lastId;
  while (!signal.aborted) {
    try {
      for await (const one of events(`/scans/${id}/events`, { signal, lastId })) {
        lastId = one.id ?? lastId;
        if (one.event === "end") return on.end();
        on[one.event]?.(one.data);
      }
    } catch (error) {
      if (signal.aborted) return undefined;
      if (error.status >= 400 && error.status < 500 && error.status !== 429) return on.fail(error);
    }
    for (let polled = 0; polled < POLLS && !signal.aborted; polled += 1) {
      try {
        const scan = await get(`/scans/${id}`, {}, { signal });
        if (scan.status !== "running") return on.end();
        on.progress(scan.progress);
      } catch (error) {
        if (signal.aborted) return undefined;
        on.away(error);
      }
      await wait(POLL_MS, signal);
    }
  }
  return undefined;
}

const Figure = ({ label, value }) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`;

function Found({ findings }) {
  const { data: texts } = useLoad((signal) => checks(signal), []);
  if (!findings.length) return null;
  return html`<section class="section"><header><h2>Found so far</h2><span class="soft">the first of each kind</span></header>
    <ul class="issues plain">${findings.slice(0, LISTED).map(
      (one) => html`<li key=${one.check + one.severity}><${Severity} of=${one.severity} />
        <div><strong>${texts?.get(one.check)?.title ?? one.check}</strong><span class="soft clip">${one.url}</span>
          ${one.evidence && html`<code class="clip">${one.evidence}</code>`}</div></li>`,
    )}</ul></section>`;
}

/** What a screen reader hears, at most every ten seconds. */
function useSaid(text) {
  const [said, setSaid] = useState(text);
  const at = useRef(0);
  useEffect(() => {
    const timer = setTimeout(() => ((at.current = Date.now()), setSaid(text)), Math.max(0, at.current + SAID_MS - Date.now()));
    return () => clearTimeout(timer);
  }, [text]);
  return said;
}

export function Progress({ scan, onEnd }) {
  const [progress, setProgress] = useState(scan.progress);
  const [findings, setFindings] = useState([]);
  const [trouble, setTrouble] = useState(null);
  useEffect(() => {
    const stop = new AbortController();
    const on = {
      progress: (data) => (setTrouble(null), setProgress(data)),
      finding: (data) => setFindings((before) => [data, ...before].slice(0, 400)),
      end: onEnd,
      fail: setTrouble,
      away: setTrouble,
    };
    void follow(scan.scan_id, on, stop.signal);
    return () => stop.abort();
  }, [scan.scan_id]);
  const { phase, found, done, failed, skipped, pages_per_second: rate, eta_seconds: eta } = progress;
  const known = phase === "fetching" || phase === "analysing";
  const share = phase === "analysing" ? 1 : known && found ? done / found : 0;
  const said = useSaid(`${PHASES[phase]}. ${number(done)} of ${plural(found, "page")} done.${eta ? ` About ${duration(eta)} left.` : ""}`);
  return html`<section class="panel section progress" aria-label="Progress">
      <header><h2>${PHASES[phase]}</h2><span class="soft">${known && found ? `${number(done)} of ${number(found)}` : ""}</span></header>
      <div class="bar" role="progressbar" aria-label="Pages done" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${known ? Math.round(share * 100) : undefined}>
        <span class=${known ? "" : "unknown"} style=${{ width: known ? `${Math.max(1, share * 100)}%` : "30%" }}></span></div>
      <dl class="figures">
        <${Figure} label="Pages a second" value=${decimal(rate)} />
        <${Figure} label="Found" value=${number(found)} />
        <${Figure} label="Done" value=${number(done)} />
        <${Figure} label="Failed" value=${number(failed)} />
        <${Figure} label="Left out" value=${number(skipped) + (skipped >= 10000 ? "+" : "")} />
        <${Figure} label="Time left" value=${eta === null ? "–" : duration(eta)} />
      </dl>
      ${trouble && html`<p class="notice" role="alert">${trouble.message}</p>`}
      <p class="sr-only" role="status" aria-live="polite">${said}</p>
    </section>
    <${Found} findings=${findings} />`;
}
