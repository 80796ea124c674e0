// A transformer as boxes beside its residual stream: each box is a button, wires are measured from where the boxes stand, so that they follow any width.
// Text goes in through textContent only. Nothing goes to the server but the name of a chosen box.

const GAP = 12; // CSS pixels between boxes, where the wires run

/** A count in few letters: 960, 36.9 k, 2.56 M. */
function short(count) {
  const unit = ["", " k", " M", " G", " T"];
  let power = 0;
  while (count >= 999.5 && power < unit.length - 1) { count /= 1000; power += 1; }
  return (power ? String(Number(count.toPrecision(3))) : String(count)) + unit[power];
}

const whole = (count) => count.toLocaleString("en");
const percent = (share) => (share && share < 0.001 ? "under 0.1 %" : `${(100 * share).toFixed(1)} %`);

class Room {
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
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.stage);
  }

  update(data, commit) {
    const root = this.host.getRootNode();
    const focused = this.grid.contains(root.activeElement) ? root.activeElement.dataset.name : null;
    Object.assign(this, data, { commit });
    this.known = new Map(this.parts.map((part) => [part.name, part]));
    this.widest = [0, 1].map((i) => Math.max(...this.parts.map(({ share }) => share[i])) || 1);
    this.grid.setAttribute("aria-label", this.label);
    this.grid.replaceChildren(...this.parts.map((part) => this.box(part)));
    this.frame.firstChild.textContent = this.caption;
    this.legend.replaceChildren(...["parameters", "multiply-adds"].map((what, i) =>
      element("span", {}, element("span", `bar ${i ? "products" : "parameters"}`), `${what}${i ? "" : " (bar: all layers together)"}, longest bar ${percent(this.widest[i])} of the model`)), this.opener);
    this.fill();
    this.say(this.selected);
    this.draw();
    if (focused) this.button(focused)?.focus();
    Object.assign(this.host.dataset, { revision: this.revision, selected: this.selected, painted: ++this.painted });
  }

  button(name) {
    return [...this.grid.children].find((box) => box.dataset.name === name);
  }

  box(part) {
    const sum = part.column === 0;
    const bar = (i) => {
      const made = element("span", `bar ${i ? "products" : "parameters"}`);
      made.style.width = `${(100 * part.share[i]) / this.widest[i]}%`;
      return made;
    };
    const line = (count, i) => element("span", "amount", count ? short(count) : "–", element("span", "track", bar(i)));
    const made = element("button", { type: "button", class: `box ${sum ? "sum" : ""} ${part.role}`, "aria-pressed": String(part.name === this.selected) });
    made.dataset.name = part.name;
    made.style.gridRow = part.row + 1;
    made.style.gridColumn = part.column + 1;
    made.tabIndex = part.name === this.selected ? 0 : -1; // one stop for the tab key; arrows go on from there
    made.setAttribute("aria-label", this.words(part));
    if (sum) made.append(part.reads.length > 1 ? "+" : "↓");
    else made.append(element("span", "title", part.title), element("span", "shape", part.shape.join(" × ")), line(part.parameters, 0), line(part.multiply_adds, 1));
    made.addEventListener("click", () => this.choose(part.name));
    made.addEventListener("pointerenter", () => this.say(part.name));
    made.addEventListener("focus", () => this.say(part.name));
    return made;
  }

  words(part) {
    const all = part.times > 1 ? `, all ${part.times} layers together` : "";
    const amount = (count, what, share) => (count ? `${whole(count)} ${what} (${percent(share)} of the model${all})` : `no ${what}`);
    return `${part.title}: ${part.axes} = ${part.shape.map(whole).join(" × ")}; ` +
      `${amount(part.parameters, "parameters", part.share[0])}, ${amount(part.multiply_adds, "multiply-adds", part.share[1])}`;
  }

  say(name) {
    const part = this.known.get(name);
    const text = part ? `${this.words(part)}. Click for what went through it; t: all numbers as a table.` : "";
    if (this.readout.textContent !== text) this.readout.textContent = text;
  }

  choose(name) {
    if (name === this.selected) return;
    this.selected = name; // so that the outline moves before the answer has come
    for (const box of this.grid.children) {
      box.setAttribute("aria-pressed", String(box.dataset.name === name));
      box.tabIndex = box.dataset.name === name ? 0 : -1;
    }
    this.commit("box", name);
  }

  /** The wires: straight between neighbours, else through the gaps between the rows. */
  draw() {
    const { stage, wires, grid, frame } = this;
    if (!stage.clientWidth || !this.known) return;
    const origin = stage.getBoundingClientRect();
    const boxes = new Map([...grid.children].map((box) => {
      const { left, top, right, bottom } = box.getBoundingClientRect();
      return [box.dataset.name, { left: left - origin.left, right: right - origin.left, top: top - origin.top, bottom: bottom - origin.top }];
    }));
    wires.replaceChildren();
    wires.setAttribute("viewBox", `0 0 ${stage.clientWidth} ${stage.clientHeight}`);
    const middle = ({ left, right }) => (left + right) / 2;
    const height = ({ top, bottom }) => (top + bottom) / 2;
    const path = (d, kind = "") => wires.append(drawing("path", { d, class: `wire ${kind}` }));
    const tip = (x, y, dx, dy) => path(`M${x - 5 * dx - 3 * dy} ${y - 5 * dy - 3 * dx}L${x} ${y}L${x - 5 * dx + 3 * dy} ${y - 5 * dy + 3 * dx}`);
    const sums = this.parts.filter((part) => part.column === 0);
    const bottom = Math.max(...[...boxes.values()].map((box) => box.bottom));
    const trunk = middle(boxes.get(sums[0].name));
    path(`M${trunk} ${height(boxes.get(sums[0].name))}V${bottom}`, "trunk");
    for (const part of this.parts) for (const name of part.reads) {
      const [from, to, source] = [boxes.get(name), boxes.get(part.name), this.known.get(name)];
      if (part.column === 0 && source.column === 0) continue; // the stream itself
      if (source.column === 0) { // off the stream
        path(`M${trunk} ${height(to)}H${to.left}`);
        tip(to.left, height(to), 1, 0);
      } else if (part.column === 0) { // back to the stream
        path(`M${middle(from)} ${from.bottom}V${height(to)}H${to.right}`);
        tip(to.right, height(to), -1, 0);
      } else if (source.row === part.row && part.column === source.column + 1) {
        path(`M${from.right} ${height(from)}H${to.left}`);
        tip(to.left, height(to), 1, 0);
      } else if (source.row === part.row) { // over the top of those between
        const lane = from.top - GAP / 2;
        path(`M${middle(from)} ${from.top}V${lane}H${middle(to)}V${to.top}`);
        tip(middle(to), to.top, 0, 1);
      } else {
        const lane = to.top - GAP / 2;
        path(`M${middle(from)} ${from.bottom}V${lane}H${middle(to)}V${to.top}`);
        tip(middle(to), to.top, 0, 1);
      }
    }
    const framed = this.parts.filter((part) => part.row >= this.rows[0] && part.row <= this.rows[1]).map((part) => boxes.get(part.name));
    const top = Math.min(...framed.map((box) => box.top)) - GAP;
    frame.style.top = `${top}px`;
    frame.style.height = `${Math.max(...framed.map((box) => box.bottom)) + GAP / 2 - top}px`;
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "t" || (event.key === "Escape" && !this.table.hidden)) {
      event.preventDefault();
      this.toggle();
      return;
    }
    const here = this.known.get(event.target.dataset?.name);
    if (!here) return;
    const goal = this.goal(here, event.key);
    if (!goal && !event.key.startsWith("Arrow")) return;
    event.preventDefault();
    event.stopPropagation();
    this.button(goal?.name)?.focus();
  }

  toggle() {
    this.table.hidden = !this.table.hidden;
    this.opener.setAttribute("aria-expanded", String(!this.table.hidden));
    (this.table.hidden ? this.button(this.selected) : this.table).focus();
  }

  /** Where a key leads: along the pass, or to the nearest box of the row above or below. */
  goal(here, key) {
    const { parts } = this;
    const place = parts.indexOf(here);
    if (key === "ArrowRight") return parts[place + 1];
    if (key === "ArrowLeft") return parts[place - 1];
    if (key === "Home") return parts[0];
    if (key === "End") return parts.at(-1);
    const step = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (!step) return null;
    const rows = parts.filter((part) => (part.row - here.row) * step > 0);
    const next = Math.min(...rows.map((part) => Math.abs(part.row - here.row)));
    return rows.filter((part) => Math.abs(part.row - here.row) === next).sort((a, b) => Math.abs(a.column - here.column) - Math.abs(b.column - here.column))[0];
  }

  fill() {
    const row = (tag, cells) => element("tr", {}, ...cells.map((cell) => element(tag, {}, cell)));
    const head = row("th", ["part", "shape", "numbers", "parameters", "all layers", "multiply-adds", "all layers"]);
    const rows = this.parts.map((part) => row("td", [
      part.title, part.axes, part.shape.map(whole).join(" × "), whole(part.parameters), percent(part.share[0]), whole(part.multiply_adds), percent(part.share[1]),
    ]));
    this.table.replaceChildren(element("table", { "aria-label": `${this.label}, as a table` }, element("thead", {}, head), element("tbody", {}, ...rows)));
  }

  end() { this.observer.disconnect(); }
}

export default view("diagram", Room);
