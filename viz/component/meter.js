// @ts-check
// Lanes from one sense to the other: examples as small signs, the marks as discs, and lines that follow a
// mark from lane to lane. Texts go in as text only.

import { walks } from "./keys.js";
import { view } from "./mount.js";
import { signed } from "./numbers.js";
import { announcer, drawing, element, named } from "./parts.js";

const along = (value, limit) => 50 + (50 * value) / limit; // percent of the track

function sign(kind, value, limit, lift = 0, mark = "") {
  const made = element("i", { class: kind, "data-mark": mark }); // read out with the number of that mark
  Object.assign(made.style, { left: `${along(value, limit)}%`, top: `${50 + lift}%` });
  return made;
}

function examples(values, side, limit) {
  const lift = (i) => ((i * 37) % 11) * 5 - 25; // spread over the lane's height, always alike
  return values.map((value, i) => sign(`example ${side}`, value, limit, lift(i)));
}

const disc = (lane, i) => `disc mark${i}${lane.neither[i] ? " neither" : ""}`;

function discs(lane, marks, limit) {
  const before = lane.before.map((value, i) => sign(`before mark${i}`, value, limit));
  const near = (value, i) => lane.values.length > 1 && Math.abs(value - lane.values[1 - i]) < limit / 25;
  const lift = (value, i) => (near(value, i) ? 24 * i - 12 : 0); // one above the other
  return [
    ...before,
    ...lane.values.map((value, i) => sign(disc(lane, i), value, limit, lift(value, i), marks[i])),
  ];
}

function track(lane, { marks, limit }) {
  const half = lane.margin === null ? 50 : Math.min(50, (50 * lane.margin) / limit);
  const band = element("i", { class: "band", style: `left: ${50 - half}%; width: ${2 * half}%` });
  const units = [-1, 0, 1].map((value) => sign(value ? "unit" : "middle", value, limit));
  return element(
    "span",
    "track",
    band,
    ...units,
    ...examples(lane.left, "left", limit),
    ...examples(lane.right, "right", limit),
    ...discs(lane, marks, limit),
  );
}

function heading({ ends, marks, note }) {
  const senses = element(
    "span",
    "track",
    element("bdi", "end left", `● ${ends[0]}`),
    element("span", "close", "too close to call"),
    element("bdi", "end right", `${ends[1]} ■`),
  );
  const readings = marks.map((mark) => element("span", "reading", mark));
  return element(
    "div",
    "lane heading",
    element("span", "name"),
    senses,
    ...readings,
    element("span", "note", note),
  );
}

function paths({ lanes, marks, limit }) {
  const points = (i) => lanes.map((lane, n) => `${along(lane.values[i], limit)},${n + 0.5}`).join(" ");
  const lines = marks.map((_, i) => drawing("polyline", { points: points(i), class: `path mark${i}` }));
  const box = { viewBox: `0 0 100 ${lanes.length}`, preserveAspectRatio: "none", "aria-hidden": "true" };
  return drawing("svg", box, ...lines);
}

class Meter {
  constructor(host) {
    this.host = host;
    host.setAttribute("role", "group");
    this.announce = announcer(host);
    this.renew = walks(host, () => [...host.querySelectorAll("button")]);
  }

  update(data, commit) {
    const { host } = this;
    const lanes = data.lanes.map((lane, place) => this.lane(lane, data, place, () => commit("lane", place)));
    const body = element("div", "body", ...lanes, data.joined ? paths(data) : null);
    host.style.setProperty("--readings", data.marks.length);
    host.setAttribute("aria-label", data.label);
    this.renew(() => host.replaceChildren(heading(data), body), data.chosen ?? 0);
    this.tell(data);
    Object.assign(host.dataset, {
      revision: data.revision,
      values: JSON.stringify(data.lanes.map(({ values }) => values)),
    });
  }

  /** Say where the marks of the chosen lane stand, if they have moved. */
  tell({ lanes, marks, ends, chosen, label }) {
    const { name, values } = lanes[chosen ?? lanes.length - 1];
    const stand = (value, i) =>
      `${marks[i]} at ${signed(value, 2)}, on the side of ${ends[value < 0 ? 0 : 1]}`;
    const text = `${name}: ${values.map(stand).join("; ")}`;
    const first = this.told === undefined;
    if (text === this.told) return;
    this.told = text;
    if (!first) this.announce(`${label ? `${label}, ` : ""}${text}`);
  }

  lane(lane, data, place, choose) {
    const readings = lane.values.map((value, i) => element("span", `reading mark${i}`, signed(value, 2)));
    const clickable = data.chosen !== null;
    const made = element(
      clickable ? "button" : "div",
      {
        class: "lane",
        ...(clickable ? { type: "button", "aria-pressed": String(place === data.chosen) } : {}),
      },
      element("span", "name", lane.name),
      track(lane, data),
      ...readings.flatMap((reading) => [" ", reading]),
      " ",
      element("span", "note", lane.note),
    );
    if (!clickable) return made;
    const neither = data.marks.filter((_, i) => lane.neither[i]).map((mark) => `${mark} is like neither`);
    const last = lane.note ? `the last number: ${data.note}` : "";
    named(made, `for ${data.marks.join(" and ")}`, ...neither, last);
    made.addEventListener("click", choose);
    return made;
  }
}

export default view("meter", Meter);
