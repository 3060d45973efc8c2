// Drawn figures: the score's gauge, bars, and lines over time. Each says in words what it shows.

import { decimal, tone } from "./format.js";
import { html, useEffect, useRef, useState } from "./vendor/htm-preact/standalone.module.js";

const RADIUS = 52;
const ROUND = 2 * Math.PI * RADIUS;
const PART = 0.75; // of the circle that the gauge takes
const LEAST = 120; // seconds that a plot over time shows at least

/** The score from 0 to 100 as an arc, with its grade. */
export function Gauge({ score, grade, label = "Score" }) {
  const known = score !== null && score !== undefined;
  const arc = (share) => `${ROUND * PART * share} ${ROUND}`;
  const words = known ? `${label}: ${decimal(score)} of 100${grade ? `, grade ${grade}` : ""}` : `${label}: none yet`;
  return html`<div class=${`gauge ${tone(score)}`} role="img" aria-label=${words}>
    <svg viewBox="0 0 120 108" aria-hidden="true">
      <g fill="none" stroke-width="9" stroke-linecap="round" transform="rotate(135 60 60)">
        <circle class="track" cx="60" cy="60" r=${RADIUS} stroke-dasharray=${arc(1)} />
        ${known && score > 0 && html`<circle class="value" cx="60" cy="60" r=${RADIUS} stroke-dasharray=${arc(score / 100)} />`}
      </g>
      <text x="60" y="68" text-anchor="middle" class="figure">${known ? Math.round(score) : "–"}</text>
      ${grade && html`<text x="60" y="88" text-anchor="middle" class="grade">Grade ${grade}</text>`}
    </svg>
  </div>`;
}

/** A bar beside a figure; `share` from 0 to 1. What it shows stands beside it in words. */
export const Meter = ({ share, tone: colour = "" }) =>
  html`<span class=${`meter ${colour}`} aria-hidden="true"><span style=${{ width: `${Math.min(1, Math.max(0, share)) * 100}%` }}></span></span>`;

/** uPlot and its style sheet, fetched when the first chart is shown. */
async function plotting() {
  const href = new URL("./vendor/uplot/uPlot.min.css", import.meta.url).href;
  if (!document.querySelector(`link[href="${href}"]`)) {
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
  }
  return (await import("./vendor/uplot/uPlot.esm.js")).default;
}

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Resolve a token to a colour that a canvas takes, whichever theme is on. */
function colour(name) {
  const probe = document.createElement("span");
  probe.style.color = style(name);
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const exact = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const days = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const months = new Intl.DateTimeFormat(undefined, { month: "short", year: "numeric" });
const DAY = 86_400;

/** Times under the plot as exact as their distance asks for; the day stands under the first of it. */
function ticks(_, splits, axis, space, step) {
  const fine = step < 60 ? exact : step < DAY ? clock : step < 28 * DAY ? days : months;
  return splits.map((second, place) => {
    const at = new Date(second * 1000);
    const first = step < DAY && (!place || days.format(at) !== days.format(new Date(splits[place - 1] * 1000)));
    return fine.format(at) + (first ? `\n${days.format(at)}` : "");
  });
}

/** Scans of the same moment don't fill the whole plot: it shows two minutes at least. */
function around(_, first, last) {
  const room = Math.max(0, LEAST - (last - first)) / 2;
  const margin = (last - first) * 0.02;
  return [first - room - margin, last + room + margin];
}

/** The legend shows the latest figures while nothing else is pointed at. */
const latest = (plot) => plot.setLegend({ idx: plot.data[0].length - 1 });

function options(width, height, lines, range) {
  const ink = colour("--ink-2");
  const grid = { stroke: colour("--line"), width: 1 };
  const axis = { stroke: ink, grid, ticks: grid, font: "12px system-ui, sans-serif" };
  const series = lines.map((line, place) => ({
    label: line.label,
    stroke: colour(["--accent", "--high", "--good"][place % 3]),
    width: 2,
    points: { show: true, size: 6 },
    value: (_, figure) => decimal(figure),
  }));
  const time = { label: "Time", value: (_, at) => moment.format(new Date(at * 1000)) };
  return {
    width,
    height,
    scales: { x: { range: around }, y: range ? { range } : {} },
    axes: [{ ...axis, values: ticks, space: 84 }, { ...axis, size: 42 }],
    series: [time, ...series],
    hooks: { setCursor: [(plot) => plot.cursor.idx ?? latest(plot)] },
  };
}

/**
 * Lines over time. `times` are RFC 3339, `lines` `[{label, values}]`; null values are gaps. uPlot is loaded when the first
 * chart is shown. The same figures stand in a table behind it.
 */
export function Chart({ title, times, lines, height = 200, range }) {
  const box = useRef(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let plot = null;
    let gone = false;
    const draw = async () => {
      const Plot = await plotting();
      if (gone || !box.current) return;
      plot?.destroy();
      const seconds = times.map((time) => new Date(time) / 1000);
      plot = new Plot(options(box.current.clientWidth, height, lines, range), [seconds, ...lines.map((line) => line.values)], box.current);
      latest(plot);
    };
    const again = () => void draw().catch(() => setFailed(true));
    again();
    const resized = new ResizeObserver(() => plot?.setSize({ width: box.current.clientWidth, height }));
    resized.observe(box.current);
    const themed = new MutationObserver(again);
    themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", again);
    return () => {
      gone = true;
      resized.disconnect();
      themed.disconnect();
      system.removeEventListener("change", again);
      plot?.destroy();
    };
  }, [JSON.stringify([times, lines, height, range])]);
  return html`<figure class="chart">
    <figcaption>${title}</figcaption>
    ${failed && html`<p class="soft">The plot could not be drawn; the table has its figures.</p>`}
    <div ref=${box} aria-hidden="true" class="plot"></div>
    <details><summary>As a table</summary><table>
      <thead><tr><th scope="col">Time</th>${lines.map((line) => html`<th scope="col" class="num">${line.label}</th>`)}</tr></thead>
      <tbody>${times.map((time, place) => html`<tr><td>${new Date(time).toLocaleString()}</td>
        ${lines.map((line) => html`<td class="num">${decimal(line.values[place])}</td>`)}</tr>`)}</tbody>
    </table></details>
  </figure>`;
}
