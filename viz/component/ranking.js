// @ts-check
// Tokens with their shares as horizontal bars, one bar per series: plain elements, painted in the frame in
// which the data arrives. Texts go in as text only.

import { view } from "./mount.js";
import { element, legible } from "./parts.js";

function bar({ values, texts, colour, widest }, place) {
  const fill = element("span", "fill");
  Object.assign(fill.style, { width: `${(100 * Math.abs(values[place])) / widest}%`, background: colour });
  return element("span", "track", fill, element("span", "share", texts[place]));
}

function row(token, place, series, { sentences }) {
  const bars = series.map((one) => bar(one, place));
  return element(
    "li",
    "row",
    element("bdi", "token", sentences ? token : legible(token)),
    element("span", "bars", ...bars),
  );
}

function legend(series) {
  const patch = (colour) => element("span", { class: "patch", style: `background: ${colour}` });
  return element("p", "legend", ...series.flatMap(({ name, colour }) => [patch(colour), name]));
}

class Ranking {
  constructor(host) {
    this.host = host;
  }

  update(data) {
    const largest = (values) => Math.max(...values.map(Math.abs)) || 1;
    const together = largest(data.series.flatMap(({ values }) => values));
    const series = data.series.map((one) => ({
      ...one,
      widest: data.shares ? together : largest(one.values),
    }));
    const rows = data.tokens.map((token, place) => row(token, place, series, data));
    this.host.classList.toggle("sentences", Boolean(data.sentences));
    this.host.classList.toggle(
      "brief",
      data.tokens.every(({ length }) => length < 3),
    );
    const list = element("ol", { class: "rows", "aria-label": data.label }, ...rows);
    this.host.replaceChildren(...(series.length > 1 ? [legend(series)] : []), list);
  }
}

export default view("ranking", Ranking);
