// @ts-check
// A training, record by record: what it has learned, and the attention of one string in step with it. All
// records come from the server; playing, stepping and going back happen here, and only where the reader rests
// goes back to it.

import { Chart } from "./chart.js";
import { palette, rgb, theme } from "./colours.js";
import { Sayings, unpack, view } from "./mount.js";
import { fixed, percent, whole } from "./numbers.js";
import { announcer, clamp, element, tall, zoom } from "./parts.js";

const PACE = 180; // milliseconds of a record while it plays
const REST = 500; // milliseconds without a step after which the address is written
const FULL = 255; // of a weight of 1
const share = (value) => percent(value, 0);
const score = (value) => fixed(value, 2);

function button(sign, name, press) {
  const made = element("button", { type: "button", title: name, "aria-label": name }, sign);
  made.addEventListener("click", press);
  return made;
}

class Training {
  constructor(host) {
    this.host = host;
    this.sent = null; // what the server knows
    this.sayings = new Sayings();
    this.say = announcer(host);
    const some = (numbers) => (numbers.some((one) => one !== null) ? numbers : null);
    const own = (name) => (data) => some(data[name].map((row) => row[this.head]));
    const silenced = (data) => (data.silence ? own("silenced")(data) : null);
    const right = [
      ["inside", (data) => data.inside],
      ["beyond", (data) => some(data.beyond)],
      ["silenced", silenced],
    ];
    const scores = ["answer", "previous"].map((name) => [name, own(name)]);
    this.charts = [
      new Chart(this, [["loss", (data) => data.loss]], score),
      new Chart(this, right, share),
      new Chart(this, scores, score),
    ];
    this.charts[0].guessed = true;
    this.build();
    this.observer = new ResizeObserver(() => {
      if (this.data && this.charts[0].width !== this.charts[0].picture.clientWidth) this.arrange();
    });
    this.observer.observe(host);
  }

  build() {
    this.play = button("▶", "Play what was recorded", () => (this.clock ? this.pause() : this.start()));
    this.play.classList.add("play");
    this.slide = element("input", { class: "slide", type: "range", min: 0, "aria-label": "Recorded step" });
    this.slide.addEventListener("input", () => this.go(Number(this.slide.value)));
    this.step = element("b", "step");
    const back = button("‹", "One record back", () => this.go(this.place - 1));
    const on = button("›", "One record on", () => this.go(this.place + 1));
    const controls = element("div", "controls", back, this.play, on, this.slide, this.step);
    this.map = element("canvas", { "aria-hidden": "true" });
    this.map.addEventListener("pointermove", (event) => this.point(event));
    this.map.addEventListener("pointerleave", () => this.read());
    this.caption = element("div", "name");
    this.readout = element("div", "readout");
    this.heads = element("div", { class: "heads", role: "group", "aria-label": "Heads" });
    this.verdict = element("p", "verdict");
    const charts = element("div", "charts", ...this.charts.map(({ root }) => root), this.verdict);
    const sight = element("div", "sight", this.caption, this.map, this.readout, this.heads);
    this.host.replaceChildren(controls, element("div", "room", charts, sight));
    this.host.setAttribute("role", "group");
  }

  update(data, commit) {
    const before = this.data;
    const fresh = data.revision !== before?.revision;
    this.commit = commit;
    const answered = !fresh && this.sayings.outdated(`${data.place},${data.head}`);
    this.data = data;
    const kept = !fresh && (this.clock || this.later || answered);
    const last = data.steps.length - 1;
    this.head = kept ? clamp(this.head, 0, data.names.length - 1) : data.head;
    this.place = kept ? clamp(this.place, 0, last) : data.place;
    this.sent = `${data.place},${data.head}`;
    this.host.setAttribute("aria-label", data.label);
    this.verdict.textContent = data.verdict;
    const names = { ...data.words, silenced: "this head silenced" };
    ["Loss", "Right", data.words.head].forEach((title, i) => this.charts[i].call(title, names));
    this.heads.setAttribute("aria-label", `${data.words.head}s`);
    this.slide.max = String(last);
    if (fresh || before.names.length !== data.names.length) this.buttons();
    this.arrange();
  }

  /** A button with a small map for each head. */
  buttons() {
    this.small = this.data.names.map((name, head) => {
      const canvas = element("canvas", {});
      const made = element(
        "button",
        { type: "button", "aria-label": `${this.data.words.head} ${name}` },
        canvas,
        name,
      );
      made.addEventListener("click", () => this.choose(head));
      return { made, canvas };
    });
    this.heads.replaceChildren(...this.small.map(({ made }) => made));
  }

  /** Choose all sizes from the width, then draw. */
  arrange() {
    const { data } = this;
    const colours = theme(this.host);
    this.colours = palette([colours.page, rgb(colours.blue)]);
    this.text = colours.text;
    this.font = colours.code;
    this.accent = colours.vermillion;
    this.charts[0].arrange(data, Math.ceil(Math.max(...data.loss, data.guess)), false);
    this.charts[1].arrange(data, 1, false);
    this.charts[2].arrange(data, 1, true);
    this.paint();
  }

  // ---- moving ----

  go(place) {
    this.place = clamp(place, 0, this.data.steps.length - 1);
    this.paint();
    if (!this.clock) this.rest();
  }

  choose(head) {
    this.head = head;
    this.arrange();
    this.rest();
  }

  start() {
    if (this.place === this.data.steps.length - 1) this.place = 0;
    this.clock = setInterval(() => {
      this.go(this.place + 1);
      if (this.place === this.data.steps.length - 1) this.pause();
    }, PACE);
    this.dress();
    this.paint();
  }

  pause() {
    clearInterval(this.clock);
    this.clock = null;
    this.dress();
    this.rest();
  }

  dress() {
    const name = this.clock ? "Pause" : "Play what was recorded";
    this.play.textContent = this.clock ? "❚❚" : "▶";
    this.play.title = name;
    this.play.setAttribute("aria-label", name);
  }

  /** Once the reader stays where they are, say so to the server. */
  rest() {
    clearTimeout(this.later);
    this.later = setTimeout(() => {
      this.later = null;
      const now = `${this.place},${this.head}`;
      if (now === this.sent) return;
      this.sent = now;
      this.sayings.note(now);
      this.commit("place", this.place, this.head);
    }, REST);
  }

  // ---- drawing ----

  paint() {
    const { data, place, head } = this;
    this.slide.value = String(place);
    const spoken = `Step ${data.steps[place]} of ${data.total}, ${share(data.inside[place])} right`;
    this.slide.setAttribute("aria-valuetext", spoken);
    this.step.textContent = `step ${whole(data.steps[place])}`;
    this.charts.forEach((chart) => chart.paint(place));
    this.caption.textContent = `${data.words.head} ${data.names[head]} at step ${whole(data.steps[place])}`;
    this.drawMap();
    this.small.forEach(({ made, canvas }, one) => {
      made.setAttribute("aria-pressed", String(one === head));
      this.stamp(canvas, one);
    });
    this.read();
    if (!this.clock && !data.live) this.say(spoken);
    Object.assign(this.host.dataset, {
      place,
      head: data.names[head],
      step: data.steps[place],
      records: data.steps.length,
      loss: data.loss[place],
      inside: data.inside[place],
      live: String(data.live),
      revision: data.revision,
    });
  }

  /** The weights (T, T) of a head at the record that is shown, times FULL. */
  weights(head) {
    const cells = this.data.tall * this.data.tall;
    const first = (this.place * this.data.names.length + head) * cells;
    return this.data.values.subarray(first, first + cells);
  }

  /** One pixel for each weight. */
  stamp(canvas, head) {
    const T = this.data.tall;
    Object.assign(canvas, { width: T, height: T });
    const image = new ImageData(T, T);
    const pixels = new Uint32Array(image.data.buffer);
    this.weights(head).forEach((weight, i) => {
      pixels[i] = this.colours[weight * 2];
    });
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  }

  drawMap() {
    const { data, map } = this;
    const T = data.tall;
    const label = 15 * zoom();
    const side = Math.max(120, Math.min(map.parentElement.clientWidth || 300, tall(330)));
    const ratio = window.devicePixelRatio || 1;
    Object.assign(map, { width: side * ratio, height: side * ratio });
    Object.assign(map.style, { width: `${side}px`, height: `${side}px` });
    const pen = map.getContext("2d");
    pen.scale(ratio, ratio);
    this.corner = label;
    this.cell = (side - label - 1) / T;
    pen.imageSmoothingEnabled = false;
    const small = this.stamp(element("canvas", {}), this.head);
    pen.drawImage(small, label, label, this.cell * T, this.cell * T);
    pen.fillStyle = pen.strokeStyle = this.text;
    pen.globalAlpha = 0.35;
    pen.strokeRect(label, label, this.cell * T, this.cell * T);
    pen.globalAlpha = 1;
    pen.font = `${Math.min(12 * zoom(), this.cell * 1.1)}px ${this.font}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    data.rows.forEach((token, i) => {
      const at = label + (i + 0.5) * this.cell;
      pen.fillText(token, label / 2, at);
      pen.fillText(token, at, label / 2);
    });
    pen.strokeStyle = this.accent;
    for (const [row, column] of data.sources) {
      const [x, y] = [column, row].map((i) => label + i * this.cell + 0.75);
      pen.strokeRect(x, y, this.cell - 1.5, this.cell - 1.5);
    }
  }

  /** The pair of tokens under the pointer. */
  point(event) {
    const [x, y] = [event.offsetX, event.offsetY].map((at) => Math.floor((at - this.corner) / this.cell));
    const inside = [x, y].every((i) => i >= 0 && i < this.data.tall);
    this.read(inside ? [y, x] : null);
  }

  read(cell = null) {
    const { data } = this;
    const weight = cell && this.weights(this.head)[cell[0] * data.tall + cell[1]] / FULL;
    const place = (i) => `${data.rows[i]} (${i + 1})`;
    const parts = cell && { row: place(cell[0]), column: place(cell[1]), value: score(weight) };
    this.readout.textContent = cell
      ? data.words.cell.replace(/\{(\w+)\}/g, (_, name) => parts[name])
      : data.words.note;
  }

  end() {
    clearInterval(this.clock);
    clearTimeout(this.later);
    this.observer.disconnect();
  }
}

export default view("training", Training, unpack);
