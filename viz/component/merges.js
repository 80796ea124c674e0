// Byte pair encoding, merge by merge. What was learned comes from the server once; playing, stepping and jumping happen here, and only where the
// reader rests goes back. User text goes in through textContent only.

const SPEEDS = { "2 a second": 2, "8 a second": 8, "30 a second": 30 };
const REST = 500; // milliseconds without a step after which the address is written
const FIRST = 256; // id of the token that the first merge makes
const BORDER = -1; // between two words: no merge crosses it
const RECENT = 6; // whole words that are remembered
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const whole = (number) => number.toLocaleString("en-US");

/** A piece of text with its white space as signs, and without what would turn its neighbours round or show nothing. */
function spelt(text) {
  if (BYTES.test(text)) return text;
  const clean = text.replace(/\p{Cc}|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (letter) => SIGNS[letter] ?? `⟨${letter.codePointAt(0).toString(16).toUpperCase()}⟩`);
  return clean.replaceAll(" ", "·");
}

const hex = (byte) => byte.toString(16).toUpperCase().padStart(2, "0");

/** The characters of some bytes as [text, number of bytes]; a byte that belongs to none stands for itself. */
function decoded(bytes) {
  const found = [];
  for (let place = 0; place < bytes.length; ) {
    const size = [1, 2, 3, 4].find((size) => {
      try {
        decoder.decode(Uint8Array.from(bytes.slice(place, place + size)));
        return place + size <= bytes.length;
      } catch {
        return false;
      }
    });
    found.push(size ? [decoder.decode(Uint8Array.from(bytes.slice(place, place + size))), size] : [`⟨${hex(bytes[place])}⟩`, 1]);
    place += size ?? 1;
  }
  return found;
}

function chip(text, className = "") {
  return element("bdi", `chip ${className}`, spelt(text));
}

function button(sign, name, press) {
  const made = element("button", "", sign);
  made.type = "button";
  made.title = name;
  made.setAttribute("aria-label", name);
  made.addEventListener("click", press);
  return made;
}

/** A falling or rising line with a cursor; a press on it jumps there. */
class Curve {
  constructor(player, name, spell) {
    this.player = player;
    this.spell = spell;
    this.name = name;
    this.reading = element("b", "reading");
    this.picture = drawing("svg", { "aria-hidden": "true" });
    this.title = element("span", "", `${name}: `);
    this.root = element("div", "curve", element("div", "name", this.title, this.reading), this.picture);
    const press = (event) => event.buttons === 1 && player.go(this.merge(event));
    this.picture.addEventListener("pointerdown", press);
    this.picture.addEventListener("pointermove", press);
  }

  merge(event) {
    const box = this.picture.getBoundingClientRect();
    return Math.round(((event.clientX - box.left - this.left) / (this.width - this.left - 8)) * this.player.last);
  }

  x(merge) {
    return this.left + (merge / Math.max(1, this.player.last)) * (this.width - this.left - 8);
  }

  y(value) {
    return this.height - 18 - (value / this.top) * (this.height - 26);
  }

  arrange(values) {
    this.values = values;
    this.width = this.picture.clientWidth || 300;
    this.height = 116;
    this.left = 44;
    this.top = Math.max(...values) || 1;
    const line = drawing("polyline", { class: "line", points: values.map((value, merge) => `${this.x(merge).toFixed(1)},${this.y(value).toFixed(1)}`).join(" ") });
    const floor = drawing("line", { class: "floor", x1: this.left, x2: this.width - 8, y1: this.y(0), y2: this.y(0) });
    const ticks = [
      drawing("text", { x: this.left - 6, y: this.y(0), class: "tick end" }, "0"),
      drawing("text", { x: this.left - 6, y: this.y(this.top) + 8, class: "tick end" }, this.spell(this.top)),
      drawing("text", { x: this.left, y: this.height - 3, class: "tick" }, "0"),
      drawing("text", { x: this.width - 8, y: this.height - 3, class: "tick end" }, `${whole(this.player.last)} merges`),
    ];
    this.cursor = drawing("line", { class: "cursor", y1: 6, y2: this.y(0) });
    this.dot = drawing("circle", { class: "dot", r: 5 });
    this.picture.replaceChildren(floor, line, this.cursor, this.dot, ...ticks);
  }

  paint(merge) {
    const [x, value] = [this.x(merge), this.values[merge]];
    this.cursor.setAttribute("x1", x);
    this.cursor.setAttribute("x2", x);
    this.dot.setAttribute("cx", x);
    this.dot.setAttribute("cy", this.y(value));
    this.reading.textContent = this.spell(value);
  }
}

class Player {
  constructor(host) {
    this.host = host;
    this.painted = 0;
    this.sent = null; // the merge that the server knows
    this.sayings = new Sayings();
    this.build();
    this.observer = new ResizeObserver(() => this.data && this.curves.some((curve) => curve.width !== curve.picture.clientWidth) && this.arrange());
    this.observer.observe(host);
  }

  build() {
    this.play = button("▶", "Play", () => (this.clock ? this.pause() : this.start()));
    this.play.classList.add("play");
    this.slide = element("input", "slide");
    this.slide.type = "range";
    this.slide.min = 0;
    this.slide.setAttribute("aria-label", "Merges done");
    this.slide.addEventListener("input", () => this.go(Number(this.slide.value)));
    this.jump = element("input", "jump");
    this.jump.type = "number";
    this.jump.min = 0;
    this.jump.setAttribute("aria-label", "Jump to merge");
    this.jump.addEventListener("change", () => (this.jump.value.trim() === "" || !Number.isFinite(Number(this.jump.value)) ? this.paint() : this.go(Math.round(Number(this.jump.value)))));
    this.all = element("span", "all");
    this.speed = element("select", "speed", ...Object.keys(SPEEDS).map((name) => element("option", "", name)));
    this.speed.value = "8 a second";
    this.speed.setAttribute("aria-label", "Merges a second");
    this.speed.addEventListener("change", () => this.clock && this.start());
    const back = button("‹", "One merge back", () => this.go(this.merge - 1));
    const on = button("›", "One merge on", () => this.go(this.merge + 1));
    const first = button("«", "Back to letters", () => this.go(0));
    const end = button("»", "To the last merge", () => this.go(this.last));
    const bar = element("div", "controls", first, back, this.play, on, end, this.slide, element("label", "", "merge ", this.jump, this.all), this.speed);
    this.sentence = element("div", "sentence");
    this.sentence.setAttribute("aria-live", "polite");
    this.text = element("div", "text");
    this.text.tabIndex = 0;
    this.text.setAttribute("role", "img");
    this.ranking = element("ol", "ranking");
    const pairs = element("div", "pairs", element("div", "name", "Most frequent pairs now, the next merge first"), this.ranking);
    this.recent = element("div", "recent");
    this.curves = [
      new Curve(this, "Tokens per word", (value) => value.toFixed(2)),
      new Curve(this, "Vocabulary", whole),
    ];
    const left = element("div", "left", this.text, this.recent);
    this.host.replaceChildren(bar, this.sentence, element("div", "room", left, pairs), element("div", "curves", ...this.curves.map((curve) => curve.root)));
    this.host.setAttribute("role", "group");
  }

  update(data, commit) {
    const fresh = data.revision !== this.data?.revision || data.tokens.length !== this.data?.tokens.length;
    this.commit = commit;
    const outdated = this.sayings.outdated(data.merge);
    if (!fresh && (outdated || data.merge === this.sent)) return; // an answer to what this player has said itself: it may be further by now
    this.pause();
    this.data = data;
    this.last = data.tokens.length - 1;
    this.sent = data.merge;
    this.host.setAttribute("aria-label", data.label);
    this.slide.max = this.jump.max = this.last;
    this.all.textContent = ` of ${whole(this.last)}`;
    if (fresh) {
      let words = data.atOnce;
      this.share = data.whole.map((times) => (words += times) / data.words);
      this.lay();
      this.arrange(data.merge);
    } else this.go(data.merge);
  }

  /** Choose the sizes of the curves from the width, then draw. */
  arrange(merge = this.merge) {
    this.curves[0].title.textContent = this.data.words ? "Tokens per word: " : "Tokens: ";
    this.curves[0].arrange(this.data.tokens.map((tokens) => tokens / (this.data.words || 1)));
    this.curves[1].arrange(this.data.tokens.map((_, merge) => FIRST + 1 + merge));
    this.merge = merge;
    this.paint();
  }

  // ---- moving ----

  go(merge) {
    this.merge = clamp(merge, 0, this.last);
    this.paint();
    if (!this.clock) this.rest();
  }

  start() {
    clearInterval(this.clock);
    clearTimeout(this.later);
    if (this.merge === this.last) this.merge = 0;
    this.clock = setInterval(() => {
      this.go(this.merge + 1);
      if (this.merge === this.last) this.pause();
    }, 1000 / SPEEDS[this.speed.value]);
    this.dress();
  }

  pause() {
    if (!this.clock) return;
    clearInterval(this.clock);
    this.clock = null;
    this.dress();
    this.paint();
    this.rest();
  }

  dress() {
    this.play.textContent = this.clock ? "❚❚" : "▶";
    this.play.title = this.clock ? "Pause" : "Play";
    this.play.setAttribute("aria-label", this.play.title);
    this.sentence.setAttribute("aria-live", this.clock ? "off" : "polite"); // nobody can listen as fast as it plays
    this.host.dataset.playing = String(Boolean(this.clock));
  }

  /** Once the reader stays where they are, say so to the server. */
  rest() {
    clearTimeout(this.later);
    this.later = setTimeout(() => {
      if (this.merge === this.sent) return;
      this.sent = this.merge;
      this.sayings.note(this.merge);
      this.commit("merge", this.merge);
    }, REST);
  }

  // ---- drawing ----

  paint() {
    const { merge, data } = this;
    this.slide.value = merge;
    if (this.jump !== this.jump.getRootNode().activeElement || Number(this.jump.value) !== merge) this.jump.value = merge;
    this.chips(merge);
    this.bars(merge);
    this.say(merge);
    this.remember(merge);
    this.curves.forEach((curve) => curve.paint(merge));
    Object.assign(this.host.dataset, {
      merge, merges: this.last, revision: data.revision, tokens: data.tokens[merge], playing: String(Boolean(this.clock)), painted: ++this.painted,
    });
  }

  piece(id) {
    return this.data.pieces[id];
  }

  /** A cell for each byte of the excerpt, once for all merges: so nothing moves when tokens grow. Words stay together on a line. */
  lay() {
    const { excerpt, joined } = this.data;
    const words = [element("span", "word")];
    this.cells = [];
    for (const [text, size] of decoded(excerpt)) {
      for (let byte = 0; byte < size; byte++) {
        const place = this.cells.length;
        const cell = element("bdi", "cell");
        cell.character = { text: spelt(text), first: place - byte, size, code: hex(excerpt[place]) };
        words.at(-1).append(cell);
        this.cells.push(cell);
        if (joined[place] === BORDER) {
          if (text === "\n") words.push(element("br"));
          words.push(element("span", "word"));
        }
      }
    }
    for (const word of words) word.dir = "auto";
    this.text.replaceChildren(...words);
  }

  /** The excerpt: a token ends where no merge has yet joined two bytes. */
  chips(merge) {
    const { joined } = this.data;
    const met = (place) => joined[place] > 0 && joined[place] <= merge; // these two bytes are in one token
    const tokens = [];
    this.cells.forEach((_, place) => (place && met(place - 1) ? tokens.at(-1).push(place) : tokens.push([place])));
    tokens.forEach((places, i) => {
      const [from, to] = [places[0], places.at(-1)];
      const fresh = merge > 0 && places.some((place) => place < to && joined[place] === merge);
      const next = [from - 1, to].some((place) => joined[place] === merge + 1);
      for (const place of places) {
        const cell = this.cells[place];
        const { text, first, size, code } = cell.character;
        const complete = first >= from && first + size - 1 <= to;
        const shown = size === 1 || (complete && place === first) ? text : complete ? "" : code;
        if (cell.textContent !== shown) cell.textContent = shown;
        const classes = ["cell", place === from && "start", place === to && "end", fresh && "new", next && "next", !complete && "byte", !shown && "rest"].filter(Boolean).join(" ");
        if (cell.className !== classes) cell.className = classes;
      }
    });
    const said = tokens.slice(0, 60).map((places) => places.map((place) => this.cells[place].textContent).join(""));
    this.text.setAttribute("aria-label", `The beginning of the text in ${tokens.length} tokens: ${said.join(" | ")}`);
    this.host.dataset.shown = tokens.length;
  }

  bars(merge) {
    const numbers = this.data.leaders[merge];
    const rows = [];
    for (let at = 0; at < numbers.length; at += 3) {
      const [left, right, count] = numbers.slice(at, at + 3);
      const fill = element("span", "fill");
      fill.style.width = `${(100 * count) / numbers[2]}%`;
      const track = element("span", "track", fill, element("span", "count", whole(count)));
      rows.push(element("li", at ? "" : "first", element("span", "pair", chip(this.piece(left)), chip(this.piece(right))), track));
    }
    this.ranking.replaceChildren(...(rows.length ? rows : [element("li", "none", "No pair occurs twice: there is nothing left to merge.")]));
  }

  say(merge) {
    if (!merge) {
      const start = "Every character is still one to four bytes. Each byte is a token: 256 of them, and one that ends a text.";
      this.sentence.replaceChildren(start);
      return;
    }
    const [left, right, count] = this.data.leaders[merge - 1];
    const made = chip(this.piece(FIRST - 1 + merge), "new");
    const parts = [`Merge ${whole(merge)}: `, chip(this.piece(left)), " and ", chip(this.piece(right)), ` stand side by side ${whole(count)} times, and become `, made];
    parts.push(` = token ${FIRST - 1 + merge}.`);
    const joined = this.data.tokens[merge - 1] - this.data.tokens[merge];
    if (joined < count) parts.push(` Only ${whole(joined)} of these pairs ${joined === 1 ? "is" : "are"} merged: where the same token stands three times or more in a row, the pairs overlap, and a token can be glued once only.`);
    this.sentence.replaceChildren(...parts);
  }

  /** The word that this merge has made one token, and those before it. */
  remember(merge) {
    const { whole: times } = this.data;
    const share = this.data.words ? `${(100 * this.share[merge]).toFixed(1)}% of all words are one token.` : "There is no word in this text.";
    const now = times[merge] ? ["This merge finished a word: ", chip(this.piece(FIRST - 1 + merge), "new"), ` occurs ${whole(times[merge])} times. `] : ["This merge finished no word. "];
    const before = [];
    for (let one = merge - 1; one > 0 && before.length < RECENT; one--) if (times[one]) before.push(chip(this.piece(FIRST - 1 + one)));
    this.recent.replaceChildren(...(merge ? now : []), share, ...(before.length ? [" Finished before: ", ...before.flatMap((one) => [one, " "])] : []));
    this.host.dataset.whole = times[merge];
  }

  end() {
    clearInterval(this.clock);
    clearTimeout(this.later);
    this.observer.disconnect();
  }
}

export default view("merges", Player);
