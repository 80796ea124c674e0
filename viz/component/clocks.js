// RoPE's clocks: one for each pair of dimensions, with the query's and the key's hand. Two sliders move the tokens; hands and score follow here,
// in float64, and nothing goes to the server until a slider rests or a clock is clicked. User text goes in through textContent only.

const SPEED = 5; // tokens a second, when played
const REST = 250; // milliseconds without a move after which the server is told

const sum = (values) => values.reduce((total, value) => total + value, 0);
const signed = (value, digits) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(digits);
const three = (value) => Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });
const place = (value) => value.toFixed(Number.isInteger(value) ? 0 : 1);

/** The pairs of x (D) turned counter-clockwise by position times frequency: [[x, y], ...]. */
function turned(x, frequency, position) {
  return frequency.map((speed, i) => {
    const [cos, sin] = [Math.cos(position * speed), Math.sin(position * speed)];
    return [x[2 * i] * cos - x[2 * i + 1] * sin, x[2 * i] * sin + x[2 * i + 1] * cos];
  });
}

/** What each pair adds to the score of a query at m and a key at n. */
function contributions({ q, k, frequency, scale }, [m, n]) {
  const [asks, answers] = [turned(q, frequency, m), turned(k, frequency, n)];
  return asks.map(([a, b], i) => scale * (a * answers[i][0] + b * answers[i][1]));
}

/** The score over the offset of the two tokens, and where on it they stand. */
class Strip {
  constructor() {
    this.line = drawing("path", "line");
    this.zero = drawing("line", "axis");
    this.middle = drawing("line", { class: "axis", y1: 0, y2: 100 });
    this.picture = drawing("svg", { class: "picture", preserveAspectRatio: "none", "aria-hidden": "true" }, this.zero, this.middle, this.line);
    this.home = element("i", "home");
    this.dot = element("i", "dot");
    this.ends = ["left", "middle", "right"].map((side) => element("span", side));
    this.root = element("div", "strip", element("div", "plot", this.picture, this.home, this.dot), element("div", "ends", ...this.ends));
  }

  /** Draw the curve of these two tokens from -last to last. */
  update(data) {
    const { last } = data;
    const scores = Array.from({ length: 2 * last + 1 }, (_, n) => sum(contributions(data, [0, n - last])));
    this.last = last;
    this.low = Math.min(0, ...scores);
    this.high = Math.max(0, ...scores, this.low + 1e-9);
    this.picture.setAttribute("viewBox", `0 0 ${2 * last || 1} 100`);
    this.line.setAttribute("d", `M${scores.map((score, n) => `${n} ${this.lift(score).toFixed(3)}`).join("L")}`);
    for (const [name, value] of Object.entries({ x1: 0, x2: 2 * last, y1: this.lift(0), y2: this.lift(0) })) this.zero.setAttribute(name, value);
    this.middle.setAttribute("x1", last);
    this.middle.setAttribute("x2", last);
    const names = [`${signed(-last, 0)}: key before query`, "0: same place", `${signed(last, 0)}: key after query`];
    this.ends.forEach((end, n) => (end.textContent = names[n]));
    this.put(this.home, data.home[1] - data.home[0], sum(contributions(data, data.home)));
  }

  lift(score) {
    return 5 + (90 * (this.high - score)) / (this.high - this.low);
  }

  put(sign, offset, score) {
    sign.style.left = `${50 + (50 * offset) / (this.last || 1)}%`;
    sign.style.top = `${this.lift(score)}%`;
  }
}

/** One slider with its name, what it says, and its play button. */
class Rail {
  constructor(room, role, name) {
    this.room = room;
    this.input = element("input", "range");
    Object.assign(this.input, { type: "range", min: 0, step: 1 });
    this.input.setAttribute("aria-label", name);
    this.play = element("button", "play");
    this.play.type = "button";
    this.home = element("i", "home");
    this.said = element("span", "said");
    const track = element("span", "track");
    track.append(this.home, this.input);
    this.root = element("div", `rail ${role}`);
    this.root.append(element("span", "name", name), this.play, track, this.said);
    this.input.addEventListener("input", () => {
      room.stop();
      room.move(role, Number(this.input.value));
      room.rest();
    });
    this.play.addEventListener("click", () => (room.playing === role ? room.stop() : room.start(role)));
    this.name = name;
  }

  show(value, home, last, words, playing) {
    this.input.max = last;
    this.input.value = value;
    this.input.setAttribute("aria-valuetext", words);
    const along = (at) => `calc(8px + (100% - 16px) * ${last ? at / last : 0})`; // where the middle of the thumb stands
    this.home.style.left = along(home);
    this.input.style.setProperty("--share", along(value));
    this.said.textContent = words;
    this.play.textContent = playing ? "❚❚" : "▶";
    this.play.setAttribute("aria-label", `${playing ? "pause" : "play"}: ${this.name}`);
  }
}

/** One pair of dimensions. */
class Clock {
  constructor(room, pair) {
    this.name = element("span", "name", element("span", "word", "pair "), String(pair + 1));
    this.turn = element("span", "turn");
    this.lines = { "q before": drawing("line", "hand q before"), "k before": drawing("line", "hand k before"), k: drawing("line", "hand k"), q: drawing("line", "hand q") };
    this.tips = { k: drawing("rect", { class: "tip k", width: 0.17, height: 0.17 }), q: drawing("circle", { class: "tip q", r: 0.1 }) };
    const dial = [drawing("circle", { class: "dial", r: 1 }), drawing("line", { class: "zero", x1: 0.88, x2: 1.1 })];
    const parts = [...dial, ...Object.values(this.lines), ...Object.values(this.tips)];
    this.face = drawing("svg", { class: "face", viewBox: "-1.12 -1.12 2.24 2.24", "aria-hidden": "true" }, ...parts);
    this.bar = element("i", "fill");
    this.number = element("span", "number");
    this.root = element("button", { type: "button", class: "clock" }, this.name, this.turn, this.face, element("span", "bar", this.bar), this.number);
    this.root.addEventListener("click", () => room.choose(pair));
  }

  /** Hands as [x, y] in shares of the dial; y points up, so that turning is counter-clockwise. */
  show(hands, contribution, largest) {
    for (const [role, [x, y]] of Object.entries(hands)) {
      this.lines[role].setAttribute("x2", x);
      this.lines[role].setAttribute("y2", -y);
    }
    this.tips.q.setAttribute("cx", hands.q[0]);
    this.tips.q.setAttribute("cy", -hands.q[1]);
    this.tips.k.setAttribute("x", hands.k[0] - 0.085);
    this.tips.k.setAttribute("y", -hands.k[1] - 0.085);
    const share = (50 * Math.abs(contribution)) / largest;
    this.bar.style.left = `${contribution < 0 ? 50 - share : 50}%`;
    this.bar.style.width = `${share}%`;
    this.bar.classList.toggle("below", contribution < 0);
    this.number.textContent = signed(contribution, 2);
  }
}

class Room {
  constructor(host) {
    this.host = host;
    this.painted = 0;
    this.sayings = new Sayings();
    this.rails = { both: new Rail(this, "both", "Move both tokens"), alone: new Rail(this, "alone", "Move only the key") };
    this.score = element("strong", "score");
    this.verdict = element("span", "verdict");
    this.back = element("button", "back", "Back to the text");
    this.back.type = "button";
    this.back.addEventListener("click", () => {
      this.stop();
      this.places = [...this.data.home];
      this.paint();
      this.rest();
    });
    const readout = element("div", "readout");
    readout.append(this.score, this.verdict, this.back);
    this.grid = element("div", "grid");
    this.clocks = [];
    this.strip = new Strip();
    host.replaceChildren(this.rails.both.root, this.rails.alone.root, readout, this.grid, this.strip.root);
  }

  update(data, commit) {
    const same = this.data && ["q", "k", "frequency", "scale", "home", "last"].every((name) => JSON.stringify(this.data[name]) === JSON.stringify(data[name]));
    this.commit = commit;
    this.data = data;
    if (!same) this.stop();
    const outdated = this.sayings.outdated(data.places);
    if (!same || !(this.playing || this.waiting || outdated)) this.places = [...data.places]; // a hand on the slider is ahead of the server
    this.lengths = ["q", "k"].map((role) => Math.max(...data.frequency.map((_, i) => Math.hypot(data[role][2 * i], data[role][2 * i + 1]))) || 1);
    this.largest = Math.max(...data.frequency.map((_, i) => data.scale * Math.hypot(data.q[2 * i], data.q[2 * i + 1]) * Math.hypot(data.k[2 * i], data.k[2 * i + 1]))) || 1;
    while (this.clocks.length < data.frequency.length) this.clocks.push(new Clock(this, this.clocks.length));
    this.clocks.length = data.frequency.length;
    const focused = this.clocks.find(({ root }) => root.matches(":focus"));
    const order = data.order.map((pair) => this.clocks[pair].root);
    if (order.some((root, n) => this.grid.children[n] !== root) || this.grid.children.length !== order.length) this.grid.replaceChildren(...order);
    focused?.root.focus();
    if (!same) this.strip.update(data);
    this.host.setAttribute("role", "group");
    this.host.setAttribute("aria-label", data.label);
    this.clocks.forEach((clock, pair) => {
      clock.turn.textContent = `↺ ${three((2 * Math.PI) / data.frequency[pair])}`;
      clock.root.setAttribute("aria-pressed", String(pair === data.chosen));
    });
    this.paint();
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
    this.playing = role;
    const at = role === "both" ? 0 : 1;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    let before = performance.now();
    const step = (now) => {
      if (this.playing !== role) return;
      const tokens = ((now - before) / 1000) * SPEED;
      if (!still || tokens >= 3) { // without motion: from token to token, with time to look
        this.move(role, still ? Math.floor(this.places[at]) + 1 : this.places[at] + tokens);
        before = now;
      }
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

  choose(pair) {
    this.commit("pair", pair);
  }

  paint() {
    const { data, places } = this;
    const { q, k, frequency, home } = data;
    const parts = contributions(data, places);
    const [score, first] = [sum(parts), sum(contributions(data, home))];
    const at = { q: turned(q, frequency, places[0]), k: turned(k, frequency, places[1]), "q before": turned(q, frequency, 0), "k before": turned(k, frequency, 0) };
    const share = (role, pair) => at[role][pair].map((x) => x / this.lengths[role[0] === "q" ? 0 : 1]);
    this.clocks.forEach((clock, pair) => {
      clock.show(Object.fromEntries(Object.keys(at).map((role) => [role, share(role, pair)])), parts[pair], this.largest);
      const wave = clock.turn.textContent.slice(2);
      clock.root.setAttribute("aria-label", `pair ${pair + 1}, dimensions ${2 * pair} and ${2 * pair + 1}, once round in ${wave} tokens, adds ${clock.number.textContent}`);
    });
    const words = data.words.map((word) => legible(word, 14));
    this.rails.both.show(places[0], home[0], data.last, `query ${words[0]} at ${place(places[0])}`, this.playing === "both");
    this.rails.alone.show(places[1], home[1], data.last, `key ${words[1]} at ${place(places[1])}`, this.playing === "alone");
    this.strip.put(this.strip.dot, places[1] - places[0], score);
    this.score.textContent = `score ${signed(score, 4)}`;
    this.verdict.textContent = this.said(score, first);
    this.verdict.setAttribute("aria-live", this.playing ? "off" : "polite");
    this.back.disabled = String(places) === String(home);
    Object.assign(this.host.dataset, {
      revision: data.revision, score, first, places: places.join(), order: data.order.join(), contributions: JSON.stringify(parts), playing: this.playing ?? "", painted: ++this.painted,
    });
  }

  said(score, first) {
    const [[m, n], [from, to]] = [this.places, this.data.home];
    const offset = signed(n - m, Number.isInteger(n - m) ? 0 : 1);
    const away = Math.abs(n - m - (to - from)) < 1e-9;
    const change = Math.abs(score - first);
    if (away && m === from) return `the sum of ${this.clocks.length} contributions, at the distance that the text gives: ${offset}`;
    if (away) return `both moved by ${signed(m - from, Number.isInteger(m - from) ? 0 : 1)}, distance still ${offset}: the same score, to ${change ? change.toExponential(0) : "the last digit"}`;
    return `distance ${offset} instead of ${signed(to - from, 0)}: the score has changed by ${signed(score - first, 4)}`;
  }

  end() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.waiting);
  }
}

export default view("clocks", Room);
