// @ts-check
// A transformer as boxes beside its residual stream: each box is a button, wires are measured from where the
// boxes stand, so that they follow any width. Nothing goes to the server but the name of a chosen box.

import { alone, walks } from "./keys.js";
import { view } from "./mount.js";
import { percent, short, whole } from "./numbers.js";
import { children, drawing, element, named, set } from "./parts.js";
import { framed, wires } from "./wires.js";

/** A count in few letters: 960, 36.9 k, 2.56 M. */
function counted(count) {
  const unit = ["", " k", " M", " G", " T"];
  let power = 0;
  while (count >= 999.5 && power < unit.length - 1) {
    count /= 1000;
    power += 1;
  }
  return short(count) + unit[power];
}

const written = (share) => (share && share < 0.001 ? "under 0.1 %" : percent(share));

class Diagram {
  parts = []; // the boxes, each after those that it reads
  revision;
  selected; // the name of the chosen one
  rows; // the first and the last of the frame
  label;
  caption;
  commit;

  constructor(host) {
    this.host = host;
    this.painted = 0;
    this.wires = drawing("svg", { "aria-hidden": "true" });
    this.frame = element("div", "frame", element("span", {}));
    this.grid = element("div", { class: "grid", role: "group" });
    this.stage = element("div", "stage", this.frame, this.wires, this.grid);
    this.opener = element("button", { type: "button", class: "opener", "aria-expanded": "false" }, "Table");
    this.opener.addEventListener("click", () => this.toggle());
    this.table = element("div", { class: "table", tabindex: "-1", hidden: "" });
    this.readout = element("div", { class: "readout", "aria-live": "polite" });
    this.legend = element("div", "legend");
    host.replaceChildren(this.legend, element("div", "scroll", this.stage), this.table, this.readout);
    host.addEventListener("keydown", (event) => this.press(event));
    this.grid.addEventListener("pointerleave", () => this.say(this.selected));
    this.renew = walks(this.grid, () => children(this.grid));
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.stage);
  }

  update(data, commit) {
    Object.assign(this, data, { commit });
    this.known = new Map(this.parts.map((part) => [part.name, part]));
    this.widest = [0, 1].map((i) => Math.max(...this.parts.map(({ share }) => share[i])) || 1);
    this.grid.setAttribute("aria-label", this.label);
    const boxes = this.parts.map((part) => this.box(part));
    this.renew(
      () => this.grid.replaceChildren(...boxes),
      this.parts.findIndex(({ name }) => name === this.selected),
    );
    this.frame.firstChild.textContent = this.caption;
    const key = (kind, what, i) =>
      element(
        "span",
        {},
        element("span", `bar ${kind}`),
        `${what}, longest bar ${written(this.widest[i])} of the model`,
      );
    const keys = [
      key("parameters", "parameters (bar: all layers together)", 0),
      key("products", "multiply-adds", 1),
    ];
    this.legend.replaceChildren(...keys, this.opener);
    this.fill();
    this.say(this.selected);
    this.draw();
    Object.assign(this.host.dataset, {
      revision: this.revision,
      selected: this.selected,
      painted: ++this.painted,
    });
  }

  button(name) {
    return children(this.grid).find((box) => box.dataset.name === name);
  }

  box(part) {
    const sum = part.column === 0;
    const bar = (i) => {
      const made = element("span", `bar ${i ? "products" : "parameters"}`);
      made.style.width = `${(100 * part.share[i]) / this.widest[i]}%`;
      return made;
    };
    const line = (count, i) =>
      element("span", "amount", count ? counted(count) : "–", element("span", "track", bar(i)));
    const made = element("button", {
      type: "button",
      class: `box ${sum ? "sum" : ""} ${part.role}`,
      "aria-pressed": String(part.name === this.selected),
    });
    made.dataset.name = part.name;
    made.style.gridRow = part.row + 1;
    made.style.gridColumn = part.column + 1;
    if (sum) made.append(part.reads.length > 1 ? "+" : "↓");
    else {
      made.append(
        element("span", "title", part.title),
        " ",
        element("span", "shape", part.shape.join(" × ")),
        " ",
        line(part.parameters, 0),
        " ",
        line(part.multiply_adds, 1),
      );
    }
    named(made, this.words(part));
    made.addEventListener("click", () => this.choose(part.name));
    made.addEventListener("pointerenter", () => this.say(part.name));
    made.addEventListener("focus", () => this.say(part.name));
    return made;
  }

  words(part) {
    const all = part.times > 1 ? `, all ${part.times} layers together` : "";
    const amount = (count, what, share) =>
      count ? `${whole(count)} ${what} (${written(share)} of the model${all})` : `no ${what}`;
    return `${part.title}: ${part.axes} = ${part.shape.map(whole).join(" × ")}; ${[
      amount(part.parameters, "parameters", part.share[0]),
      amount(part.multiply_adds, "multiply-adds", part.share[1]),
    ].join(", ")}`;
  }

  say(name) {
    const part = this.known.get(name);
    const text = part
      ? `${this.words(part)}. Click for what went through it; t: all numbers as a table.`
      : "";
    if (this.readout.textContent !== text) this.readout.textContent = text;
  }

  choose(name) {
    if (name === this.selected) return;
    this.selected = name; // so that the outline moves before the answer has come
    for (const box of children(this.grid)) {
      box.setAttribute("aria-pressed", String(box.dataset.name === name));
    }
    this.commit("box", name);
  }

  /** Draw the wires and the frame around where the boxes stand now. */
  draw() {
    const { stage, frame, parts, rows } = this;
    if (!stage.clientWidth || !this.known) return;
    const origin = stage.getBoundingClientRect();
    const place = ({ left, top, width, height }) =>
      new DOMRect(left - origin.left, top - origin.top, width, height);
    const boxes = new Map(
      children(this.grid).map((box) => [box.dataset.name, place(box.getBoundingClientRect())]),
    );
    const { stream, paths } = wires(parts, boxes);
    set(this.wires, { viewBox: `0 0 ${stage.clientWidth} ${stage.clientHeight}` });
    const path = (d, kind = "") => drawing("path", { d, class: `wire ${kind}` });
    this.wires.replaceChildren(path(stream, "trunk"), ...paths.map((d) => path(d)));
    const inside = parts.filter(({ row }) => row >= rows[0] && row <= rows[1]);
    const { top, height } = framed(inside.map(({ name }) => boxes.get(name)));
    Object.assign(frame.style, { top: `${top}px`, height: `${height}px` });
  }

  press(event) {
    if (!alone(event) || !(event.key === "t" || (event.key === "Escape" && !this.table.hidden))) return;
    event.preventDefault();
    this.toggle();
  }

  toggle() {
    this.table.hidden = !this.table.hidden;
    this.opener.setAttribute("aria-expanded", String(!this.table.hidden));
    const goal = this.table.hidden ? this.button(this.selected) : this.table;
    goal.focus();
  }

  fill() {
    const row = (tag, cells) => element("tr", {}, ...cells.map((cell) => element(tag, {}, cell)));
    const head = row("th", [
      "part",
      "shape",
      "numbers",
      "parameters",
      "all layers",
      "multiply-adds",
      "all layers",
    ]);
    const rows = this.parts.map((part) =>
      row("td", [
        part.title,
        part.axes,
        part.shape.map(whole).join(" × "),
        whole(part.parameters),
        written(part.share[0]),
        whole(part.multiply_adds),
        written(part.share[1]),
      ]),
    );
    this.table.replaceChildren(
      element(
        "table",
        { "aria-label": `${this.label}, as a table` },
        element("thead", {}, head),
        element("tbody", {}, ...rows),
      ),
    );
  }

  end() {
    this.observer.disconnect();
  }
}

export default view("diagram", Diagram);
