// @ts-check
// A picture of 28 x 28 that is drawn by hand: with a mouse, a finger, or keys. What is drawn goes to the
// server while the hand still moves, but never faster than the server answers.

import { Picture, steps } from "./canvas.js";
import { rgb } from "./colours.js";
import { SIDE, bytes, lay, levelled, packed } from "./ink.js";
import { view } from "./mount.js";
import { percent, plural } from "./numbers.js";
import { element, tall } from "./parts.js";
import { canvasOf } from "./raster.js";

const PATIENCE = 1500; // milliseconds after which an answer is not waited for any more
const STEPS = 50; // strokes that can be undone
const HELP = "Draw with the mouse or a finger; or use the arrow keys and Space.";
const KEYS =
  "Arrow keys move, Space draws a dot, Shift with an arrow draws on, z takes back the last stroke, " +
  "Delete clears";

class Drawing extends Picture {
  ink = new Uint8Array(SIDE * SIDE); // 0 to 255
  past = []; // the ink before each stroke
  at = null; // where the hand is, (x, y) in pixels, during a stroke
  sent = 0; // when the server was told last
  answered = 0; // the time of what it has answered last
  own = true; // whether the next stroke goes on with what is shown; else it begins on an empty sheet
  untold = false; // whether there is more than it was told

  constructor(host) {
    super(host, "drawing", KEYS);
    this.lower = element("canvas", { "aria-hidden": "true" });
    this.stage = element("div", "stage", this.lower, this.upper);
    this.back = element("button", { class: "toggle", type: "button" }, "Undo");
    this.clear = element("button", { class: "toggle", type: "button" }, "Clear");
    const foot = element("div", "foot", this.back, this.clear, this.toggle);
    host.replaceChildren(this.caption, this.stage, foot, this.readout, this.numbers);
    this.upper.classList.add("paints");
    this.back.addEventListener("click", () => this.undo());
    this.clear.addEventListener("click", () => this.empty());
    this.upper.addEventListener("pointerdown", (event) => this.push(event));
    this.upper.addEventListener("pointermove", (event) => this.follow(event));
    for (const end of ["pointerup", "pointercancel"]) this.upper.addEventListener(end, () => this.lift());
    this.upper.addEventListener("blur", () => this.lift());
    this.upper.addEventListener("keyup", (event) => event.key === "Shift" && this.lift());
  }

  /** Take what the server shows, unless the hand has gone on since. */
  update(data, commit) {
    this.answered = data.stamp;
    const ahead = this.at || data.stamp < this.sent || this.untold;
    if (!ahead) {
      this.own = data.own;
      const pixels = bytes(data.pixels);
      if (String(pixels) !== String(this.ink)) this.past = this.past.length && data.stamp ? this.past : [];
      this.ink = pixels;
    }
    data.rows = data.columns = Array.from({ length: SIDE }, (_, i) => String(i + 1));
    super.update(data, commit);
    if (this.untold) this.tell();
  }

  about() {
    const inked = this.ink.filter(Boolean).length;
    return inked ? `${plural("pixel", inked)} of ${SIDE * SIDE} have ink` : "empty";
  }

  draw() {
    const side = Math.floor(Math.min(this.wide, tall(this.data.height)));
    this.pixel = side / SIDE;
    this.stage.style.height = `${side}px`;
    for (const canvas of [this.lower, this.upper]) this.size(canvas, side, side);
    this.paint();
  }

  /** Draw the ink, and the grid of the patches. */
  paint() {
    const { ink, theme, ratio, pixel, data } = this;
    const image = new ImageData(SIDE, SIDE);
    const [r, g, b] = rgb(theme.text);
    ink.forEach((amount, i) => image.data.set([r, g, b, amount], 4 * i));
    const stamp = canvasOf(SIDE, SIDE);
    stamp.getContext("2d").putImageData(image, 0, 0);
    const brush = this.lower.getContext("2d");
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    brush.clearRect(0, 0, SIDE * pixel, SIDE * pixel);
    brush.imageSmoothingEnabled = false;
    brush.drawImage(stamp, 0, 0, SIDE * pixel, SIDE * pixel);
    brush.strokeStyle = theme.text;
    for (let i = 0; i <= SIDE; i += data.patch) {
      const [line, end] = [Math.min(Math.max(i * pixel, 0.5), SIDE * pixel - 0.5), SIDE * pixel];
      brush.globalAlpha = i % SIDE ? 0.14 : 0.5;
      brush.beginPath();
      brush.moveTo(line, 0);
      brush.lineTo(line, end);
      brush.moveTo(0, line);
      brush.lineTo(end, line);
      brush.stroke();
    }
    brush.globalAlpha = 1;
    this.back.disabled = !this.past.length;
    this.clear.disabled = !ink.some(Boolean);
    Object.assign(this.host.dataset, {
      revision: data.revision,
      painted: ++this.painted,
      inked: ink.filter(Boolean).length,
      drawn: packed(ink),
    });
    this.overlay();
  }

  /** Draw the keys' cursor. */
  overlay() {
    const { cursor, pixel, ratio, theme, ink } = this;
    if (!pixel) return;
    const brush = this.upper.getContext("2d");
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    brush.clearRect(0, 0, SIDE * pixel, SIDE * pixel);
    if (!cursor) return this.say(HELP);
    const [r, c] = cursor;
    brush.strokeStyle = theme.vermillion;
    brush.lineWidth = 2.5;
    brush.strokeRect((c - 0.5) * pixel, (r - 0.5) * pixel, 2 * pixel, 2 * pixel);
    this.say(`row ${r + 1}, column ${c + 1}: ${percent(ink[r * SIDE + c] / 255, 0)} ink`);
  }

  here() {
    return this.cursor ?? [SIDE / 2, SIDE / 2];
  }

  moves() {
    return steps(this.here(), SIDE, SIDE);
  }

  // ---- strokes ----

  /** Where a pointer is, (x, y) in pixels and their fractions. */
  place({ clientX, clientY }) {
    const { left, top } = this.upper.getBoundingClientRect();
    return [(clientX - left) / this.pixel, (clientY - top) / this.pixel];
  }

  push(event) {
    if (event.button) return;
    event.preventDefault(); // a finger's press would become a scroll, a mouse's a selection
    this.upper.focus({ preventScroll: true });
    this.cursor = null;
    this.upper.setPointerCapture(event.pointerId); // a stroke goes on outside the picture, and ends there
    this.begin(this.place(event));
  }

  follow(event) {
    if (!this.at) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const one of passed.length ? passed : [event]) this.extend(this.place(one));
    this.tell();
  }

  /** Begin a stroke. */
  begin(place) {
    this.keep();
    this.at = place;
    this.extend(place);
  }

  extend(place) {
    lay(this.ink, this.at, place);
    this.at = place;
    this.untold = true;
    this.paint();
  }

  /** End the stroke, if there is one. */
  lift() {
    if (!this.at) return;
    this.at = null;
    this.tell(true);
  }

  /** Keep the ink as it is, for the way back. */
  keep() {
    this.past = [...this.past, this.ink].slice(-STEPS);
    this.ink = this.own ? levelled(this.ink) : new Uint8Array(SIDE * SIDE);
    this.own = true;
  }

  undo() {
    if (!this.past.length) return;
    this.ink = levelled(this.past.pop());
    this.finish();
  }

  empty() {
    this.keep();
    this.ink = new Uint8Array(SIDE * SIDE);
    this.finish();
  }

  finish() {
    this.untold = true;
    this.paint();
    this.tell(true);
  }

  /** Tell the server what is drawn: at the end of a stroke, or once it has answered what it was told last. */
  tell(end = false) {
    const waits = this.answered < this.sent && Date.now() - this.sent < PATIENCE;
    if (!this.untold || (waits && !end)) return;
    this.untold = false;
    this.sent = this.commit("drawing", packed(this.ink));
    if (!this.numbers.hidden) this.numbers.replaceChildren(this.table());
  }

  /** Space draws a dot where the keys are, and with Shift an arrow draws on from there. */
  press(key, shift) {
    const [r, c] = this.here();
    if (key === " " || key === "Enter") {
      this.cursor = [r, c];
      this.begin([c + 0.5, r + 0.5]);
      this.lift();
    } else if (key === "Delete" || key === "Backspace") this.empty();
    else if (key === "z") this.undo();
    else if (shift && key in this.moves()) {
      if (!this.at) this.begin([c + 0.5, r + 0.5]);
      this.cursor = this.moves()[key];
      this.extend([this.cursor[1] + 0.5, this.cursor[0] + 0.5]);
      this.tell();
    } else return super.press(key);
    return true;
  }

  /** For the table: the ink of all pixels, in percent. */
  entries() {
    const line = (r) => Array.from({ length: SIDE }, (_, c) => percent(this.ink[r * SIDE + c] / 255, 0));
    const lines = this.data.rows.map((name, r) => [null, name, ...line(r)]);
    return { title: "Ink of every pixel", heads: ["row \\ column", ...this.data.columns], lines };
  }
}

export default view("drawing", Drawing);
