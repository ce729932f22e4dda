// A chart of horizontal bars in SVG: no library; each bar stands below its name and figure, which are text.

import { el, svg } from "./dom.js";

/** Bars for [label, value, text], the longest first. */
export function barChart(title, items) {
  const longest = Math.max(...items.map((item) => item[1]), 1);
  return el("figure", { class: "chart" },
    el("figcaption", {}, title),
    el("ul", {}, items.map(([label, value, text]) => el("li", {},
      el("span", {}, label), el("span", { class: "chart-value" }, text),
      svg("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("rect", { width: 100, height: 8, class: "chart-track" }),
        svg("rect", { width: Math.max(1, 100 * value / longest), height: 8, class: "chart-bar" }))))));
}
