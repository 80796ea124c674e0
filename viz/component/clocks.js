// @ts-check
// RoPE's clocks: one for each pair of dimensions, with the query's and the key's hand. Two sliders move the
// tokens; hands and score follow here, and nothing goes to the server until a slider rests or a clock is
// clicked. Texts go in as text only.

import { Dial } from "./dial.js";
import { walks } from "./keys.js";
import { Sayings, view } from "./mount.js";
import { fixed, signed } from "./numbers.js";
import { children, clamp, element, legible, still } from "./parts.js";
import { Rail } from "./rail.js";
import { Strip } from "./strip.js";
import { contributions, lengths, sum, turned } from "./turning.js";

const SPEED = 5; // tokens a second, when played
const REST = 250; // milliseconds without a move after which the server is told

const digits = (value) => (Number.isInteger(value) ? 0 : 1);
// What the curve and the resting hands depend on.
const GIVEN = ["q", "k", "frequency", "scale", "home", "last"];

class Clocks {
  data;
  commit;

  constructor(host) {
    this.host = host;
    this.painted = 0;
    this.sayings = new Sayings();
    this.rails = {
      both: this.rail("both", "Move both tokens"),
      alone: this.rail("alone", "Move only the key"),
    };
    this.score = element("strong", "score");
    this.verdict = element("span", "verdict");
    this.back = element("button", { class: "back", type: "button" }, "Back to the text");
    this.back.addEventListener("click", () => {
      this.stop();
      this.places = [...this.data.home];
      this.paint();
      this.rest();
    });
    this.grid = element("div", "grid");
    this.renew = walks(this.grid, () => children(this.grid));
    this.dials = [];
    this.strip = new Strip();
    host.setAttribute("role", "group");
    const readout = element("div", "readout", this.score, this.verdict, this.back);
    host.replaceChildren(this.rails.both.root, this.rails.alone.root, readout, this.grid, this.strip.root);
  }

  rail(role, name) {
    const moved = (value) => {
      this.stop();
      this.move(role, value);
      this.rest();
    };
    return new Rail(role, name, {
      moved,
      played: () => (this.playing === role ? this.stop() : this.start(role)),
    });
  }

  update(data, commit) {
    const [before, now] = [this.data, data].map(
      (one) => one && JSON.stringify(GIVEN.map((name) => one[name])),
    );
    const same = before === now;
    Object.assign(this, { data, commit });
    if (!same) this.stop();
    const outdated = this.sayings.outdated(data.places);
    const ahead = same && (this.playing || this.waiting || outdated);
    // A hand on the slider is ahead of the server.
    if (!ahead) this.places = [...data.places];
    const [q, k] = [lengths(data.q), lengths(data.k)];
    this.lengths = { q: Math.max(...q) || 1, k: Math.max(...k) || 1 };
    this.largest = Math.max(...q.map((length, i) => data.scale * length * k[i])) || 1;
    this.arrange();
    if (!same) this.strip.update(data);
    this.host.setAttribute("aria-label", data.label);
    this.dials.forEach((dial, pair) => dial.update(data.frequency[pair], pair === data.chosen));
    this.paint();
  }

  /** A dial for each pair, in the order that is asked for; they stay the same over an update, and so does the
   *  focus. */
  arrange() {
    const { frequency, order, chosen } = this.data;
    while (this.dials.length < frequency.length) {
      this.dials.push(new Dial(this.dials.length, (pair) => this.commit("pair", pair)));
    }
    this.dials.length = frequency.length;
    const roots = order.map((pair) => this.dials[pair].root);
    const stands =
      roots.every((root, n) => this.grid.children[n] === root) && this.grid.children.length === roots.length;
    this.renew(() => stands || this.grid.replaceChildren(...roots), order.indexOf(chosen));
  }

  /** Let a slider have the value; what would leave the line of positions stops at its end. */
  move(role, value) {
    const { last } = this.data;
    const [m, n] = this.places;
    if (role === "both") {
      const to = clamp(value, Math.max(0, m - n), Math.min(last, last + m - n));
      this.places = [to, n + (to - m)];
    } else this.places = [m, clamp(value, 0, last)];
    this.paint();
  }

  /** Tell the server, once nothing has moved for a while. */
  rest() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      this.waiting = null;
      this.sayings.note(this.places);
      this.commit("places", ...this.places);
    }, REST);
  }

  start(role) {
    this.stop();
    const { last } = this.data;
    const end = () => (role === "both" ? Math.max(...this.places) : this.places[1]) >= last;
    if (end()) this.move(role, role === "both" ? Math.max(0, this.places[0] - this.places[1]) : 0);
    const at = role === "both" ? 0 : 1;
    if (still()) {
      this.move(role, Math.floor(this.places[at]) + 1);
      this.rest();
      return;
    }
    this.playing = role;
    let before = performance.now();
    const step = (now) => {
      if (this.playing !== role) return;
      const tokens = ((now - before) / 1000) * SPEED;
      this.move(role, this.places[at] + tokens);
      before = now;
      if (end()) this.stop();
      else this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
    this.paint();
  }

  stop() {
    const role = this.playing;
    if (!role) return;
    cancelAnimationFrame(this.frame);
    this.playing = null;
    const [m, n] = this.places;
    this.places = role === "both" ? [Math.round(m), Math.round(m) + Math.round(n - m)] : [m, Math.round(n)];
    this.paint();
    this.rest();
  }

  paint() {
    const { data, places, playing, rails } = this;
    const { q, k, frequency, home } = data;
    const parts = contributions(data, places);
    const [score, first] = [sum(parts), sum(contributions(data, home))];
    const hands = {
      q: turned(q, frequency, places[0]),
      k: turned(k, frequency, places[1]),
      "q before": turned(q, frequency, 0),
      "k before": turned(k, frequency, 0),
    };
    const share = (role, pair) => hands[role][pair].map((x) => x / this.lengths[role[0]]);
    this.dials.forEach((dial, pair) => {
      dial.show(
        Object.fromEntries(Object.keys(hands).map((role) => [role, share(role, pair)])),
        parts[pair],
        this.largest,
      );
    });
    const [query, key] = data.words.map((word) => legible(word, 14));
    const [m, n] = places.map((place) => fixed(place, digits(place)));
    rails.both.show(places[0], home[0], data.last, `query ${query} at ${m}`, playing === "both");
    rails.alone.show(places[1], home[1], data.last, `key ${key} at ${n}`, playing === "alone");
    this.strip.put(this.strip.dot, places[1] - places[0], score);
    this.score.textContent = `score ${signed(score, 4)}`;
    this.verdict.textContent = this.words(score, first);
    this.verdict.setAttribute("aria-live", playing ? "off" : "polite");
    this.back.disabled = String(places) === String(home);
    Object.assign(this.host.dataset, {
      revision: data.revision,
      score,
      first,
      places: places.join(),
      order: data.order.join(),
      contributions: JSON.stringify(parts),
      playing: playing ?? "",
      painted: ++this.painted,
    });
  }

  /** What the move has done to the score. */
  words(score, first) {
    const [[m, n], [from, to]] = [this.places, this.data.home];
    const offset = signed(n - m, digits(n - m));
    const kept = Math.abs(n - m - (to - from)) < 1e-9;
    const change = Math.abs(score - first);
    if (kept && m === from) {
      const sums = `the sum of ${this.dials.length} contributions`;
      return `${sums}, at the distance that the text gives: ${offset}`;
    }
    if (kept) {
      const same = `the same score, to ${change ? change.toExponential(0) : "the last digit"}`;
      return `both moved by ${signed(m - from, digits(m - from))}, distance still ${offset}: ${same}`;
    }
    const moved = `distance ${offset} instead of ${signed(to - from, 0)}`;
    return `${moved}: the score has changed by ${signed(score - first, 4)}`;
  }

  end() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.waiting);
  }
}

export default view("clocks", Clocks);
