// @ts-check
// Byte pair encoding, merge by merge. What was learned comes from the server once; playing, stepping and
// jumping happen here, and only where the reader rests goes back. Texts go in as text only.

import { Curve } from "./curve.js";
import { Excerpt } from "./excerpt.js";
import { focused } from "./keys.js";
import { Sayings, view } from "./mount.js";
import { fixed, percent, whole } from "./numbers.js";
import { clamp, element, spelt } from "./parts.js";

const SPEEDS = { "2 a second": 2, "8 a second": 8, "30 a second": 30 };
const REST = 500; // milliseconds without a step after which the address is written
const FIRST = 256; // id of the token that the first merge makes
const RECENT = 6; // whole words that are remembered
const START =
  "Every character is still one to four bytes. Each byte is a token: 256 of them, and one that ends a text.";
const OVERLAP =
  "where the same token stands three times or more in a row, the pairs overlap, " +
  "and a token can be glued once only.";
const DONE = "No pair occurs twice: there is nothing left to merge.";

const chip = (text, kind = "") => element("bdi", `chip ${kind}`, spelt(text));

function button(sign, name, press) {
  const made = element("button", { type: "button", title: name, "aria-label": name }, sign);
  made.addEventListener("click", press);
  return made;
}

class Player {
  constructor(host) {
    this.host = host;
    this.painted = 0;
    this.sent = null; // the merge that the server knows
    this.sayings = new Sayings();
    this.excerpt = new Excerpt();
    this.curves = [
      new Curve(this, "Tokens per word", (value) => fixed(value, 2)),
      new Curve(this, "Vocabulary", whole),
    ];
    this.build();
    this.observer = new ResizeObserver(() => {
      const turned = this.curves.some((curve) => curve.width !== curve.picture.clientWidth);
      if (this.data && turned) this.arrange();
    });
    this.observer.observe(host);
  }

  build() {
    this.sentence = element("div", { class: "sentence", "aria-live": "polite" });
    this.ranking = element("ol", "ranking");
    this.recent = element("div", "recent");
    const name = element("div", "name", "Most frequent pairs now, the next merge first");
    const left = element("div", "left", this.excerpt.root, this.recent);
    const room = element("div", "room", left, element("div", "pairs", name, this.ranking));
    const curves = element("div", "curves", ...this.curves.map(({ root }) => root));
    this.host.replaceChildren(this.controls(), this.sentence, room, curves);
    this.host.setAttribute("role", "group");
  }

  controls() {
    this.play = button("▶", "Play", () => (this.clock ? this.pause() : this.start()));
    this.play.classList.add("play");
    this.slide = element("input", { class: "slide", type: "range", min: 0, "aria-label": "Merges done" });
    this.slide.addEventListener("input", () => this.go(Number(this.slide.value)));
    this.jump = element("input", { class: "jump", type: "number", min: 0, "aria-label": "Jump to merge" });
    this.jump.addEventListener("change", () => this.leap(this.jump.value.trim()));
    this.all = element("span", "all");
    const speeds = Object.keys(SPEEDS).map((name) => element("option", {}, name));
    this.speed = element("select", { class: "speed", "aria-label": "Merges a second" }, ...speeds);
    this.speed.value = "8 a second";
    this.speed.addEventListener("change", () => this.clock && this.start());
    const first = button("«", "Back to letters", () => this.go(0));
    const back = button("‹", "One merge back", () => this.go(this.merge - 1));
    const on = button("›", "One merge on", () => this.go(this.merge + 1));
    const end = button("»", "To the last merge", () => this.go(this.last));
    const jump = element("label", {}, "merge ", this.jump, this.all);
    return element("div", "controls", first, back, this.play, on, end, this.slide, jump, this.speed);
  }

  update(data, commit) {
    const fresh = data.revision !== this.data?.revision || data.tokens.length !== this.data?.tokens.length;
    this.commit = commit;
    const outdated = this.sayings.outdated(data.merge);
    // An answer to what this player has said itself: it may be further by now.
    if (!fresh && (outdated || data.merge === this.sent)) return;
    this.pause();
    this.data = data;
    this.last = data.tokens.length - 1;
    this.sent = data.merge;
    this.host.setAttribute("aria-label", data.label);
    this.slide.max = this.jump.max = String(this.last);
    this.all.textContent = ` of ${whole(this.last)}`;
    if (fresh) {
      let words = data.atOnce;
      this.share = data.whole.map((times) => (words += times) / data.words);
      this.excerpt.lay(data.excerpt, data.joined);
      this.arrange(data.merge);
    } else this.go(data.merge);
  }

  /** Choose the sizes of the curves from the width, then draw. */
  arrange(merge = this.merge) {
    const { words } = this.data;
    this.curves[0].title.textContent = words ? "Tokens per word: " : "Tokens: ";
    this.curves[0].arrange(this.data.tokens.map((tokens) => tokens / (words || 1)));
    this.curves[1].arrange(this.data.tokens.map((_, n) => FIRST + 1 + n));
    this.merge = merge;
    this.paint();
  }

  // ---- moving ----

  go(merge) {
    this.merge = clamp(merge, 0, this.last);
    this.paint();
    if (!this.clock) this.rest();
  }

  /** Go to the merge that was typed; what is no number leaves all as it is. */
  leap(text) {
    if (text === "" || !Number.isFinite(Number(text))) this.paint();
    else this.go(Math.round(Number(text)));
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
    const live = this.clock ? "off" : "polite"; // nobody can listen as fast as it plays
    this.sentence.setAttribute("aria-live", live);
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
    const { merge, data, jump } = this;
    this.slide.value = String(merge);
    if (jump !== focused(jump) || Number(jump.value) !== merge) jump.value = String(merge);
    const shown = this.excerpt.paint(merge);
    this.bars(merge);
    this.say(merge);
    this.remember(merge);
    this.curves.forEach((curve) => curve.paint(merge));
    Object.assign(this.host.dataset, {
      merge,
      merges: this.last,
      revision: data.revision,
      tokens: data.tokens[merge],
      shown,
      whole: data.whole[merge],
      playing: String(Boolean(this.clock)),
      painted: ++this.painted,
    });
  }

  piece(id) {
    return this.data.pieces[id];
  }

  bars(merge) {
    const numbers = this.data.leaders[merge];
    const rows = [];
    for (let at = 0; at < numbers.length; at += 3) {
      const [left, right, count] = numbers.slice(at, at + 3);
      const fill = element("span", { class: "fill", style: `width: ${(100 * count) / numbers[2]}%` });
      const track = element("span", "track", fill, element("span", "count", whole(count)));
      const pair = element("span", "pair", chip(this.piece(left)), chip(this.piece(right)));
      rows.push(element("li", at ? "" : "first", pair, track));
    }
    this.ranking.replaceChildren(...(rows.length ? rows : [element("li", "none", DONE)]));
  }

  say(merge) {
    if (!merge) return this.sentence.replaceChildren(START);
    const [left, right, count] = this.data.leaders[merge - 1];
    const [id, times] = [FIRST - 1 + merge, whole(count)];
    const pair = [chip(this.piece(left)), " and ", chip(this.piece(right))];
    const product = [chip(this.piece(id), "new"), ` = token ${id}.`];
    const merged = this.data.tokens[merge - 1] - this.data.tokens[merge];
    const few = `Only ${whole(merged)} of these pairs ${merged === 1 ? "is" : "are"} merged`;
    if (merged < count) product.push(` ${few}: ${OVERLAP}`);
    return this.sentence.replaceChildren(
      `Merge ${whole(merge)}: `,
      ...pair,
      ` stand side by side ${times} times, and become `,
      ...product,
    );
  }

  /** The word that this merge has made one token, and those before it. */
  remember(merge) {
    const times = this.data.whole;
    const word = (one, kind) => chip(this.piece(FIRST - 1 + one), kind);
    const share = this.data.words
      ? `${percent(this.share[merge])} of all words are one token.`
      : "There is no word in this text.";
    const now = times[merge]
      ? ["This merge finished a word: ", word(merge, "new"), ` occurs ${whole(times[merge])} times. `]
      : ["This merge finished no word. "];
    const before = [];
    for (let one = merge - 1; one > 0 && before.length < RECENT; one--) {
      if (times[one]) before.push(word(one));
    }
    const memory = before.length ? [" Finished before: ", ...before.flatMap((one) => [one, " "])] : [];
    this.recent.replaceChildren(...(merge ? now : []), share, ...memory);
  }

  end() {
    clearInterval(this.clock);
    clearTimeout(this.later);
    this.observer.disconnect();
  }
}

export default view("merges", Player);
