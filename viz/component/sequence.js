// @ts-check
// Words as chips in an order of their own. Drag one to another place, or focus it and press Shift with an
// arrow. Texts go in as text only; the new order is sent once, when the word is let go.

import { focused, walks } from "./keys.js";
import { Sayings, view } from "./mount.js";
import { children, element, legible } from "./parts.js";

const FAR = 4; // CSS pixels from where a press becomes a drag

class Sequence {
  constructor(host) {
    this.host = host;
    this.drag = null;
    this.sayings = new Sayings();
    const hint = element(
      "p",
      "hint",
      "Drag a word to another place, or choose it and press Shift with an arrow key. " +
        "Under each word: its place in your text.",
    );
    this.row = element("div", { class: "row", role: "list" });
    this.spoken = element("div", { class: "spoken", "aria-live": "polite" });
    host.replaceChildren(hint, this.row, this.spoken);
    this.renew = walks(this.row, () => children(this.row));
    this.row.addEventListener("pointerdown", (event) => this.press(event));
    this.row.addEventListener("pointermove", (event) => this.move(event));
    this.row.addEventListener("pointerup", (event) => this.drop(event, true));
    this.row.addEventListener("pointercancel", (event) => this.drop(event, false));
    this.row.addEventListener("keydown", (event) => this.key(event));
  }

  update(data, commit) {
    const same = data.revision === this.data?.revision;
    this.data = data;
    this.commit = commit;
    if (this.sayings.outdated(data.order) && same) return;
    this.order = [...data.order];
    this.draw();
  }

  /** The word whose chip has the focus, or -1. */
  held() {
    const chip = children(this.row).find((one) => one === focused(this.row));
    return chip ? Number(chip.dataset.word) : -1;
  }

  draw() {
    const word = this.held();
    this.row.setAttribute("aria-label", this.data.label);
    this.renew(() => this.row.replaceChildren(...this.order.map((one, place) => this.chip(one, place))));
    if (word >= 0) children(this.row)[this.order.indexOf(word)]?.focus(); // the focus goes with its word
    Object.assign(this.host.dataset, { order: this.order.join(","), revision: this.data.revision });
  }

  chip(word, place) {
    const text = this.data.words[word];
    return element(
      "span",
      {
        class: word === place ? "chip" : "chip moved",
        role: "listitem",
        "data-word": word,
        "aria-label": `${text.trim() || "white space"}, place ${place + 1}, in the text at place ${word + 1}`,
      },
      element("bdi", "word", legible(text)),
      element("small", "place", String(word + 1)),
    );
  }

  /** Put the word at a place, and tell the page. */
  put(word, place) {
    const rest = this.order.filter((one) => one !== word);
    const order = rest.toSpliced(place, 0, word);
    if (order.join() === this.order.join()) return;
    this.order = order;
    this.draw();
    this.spoken.textContent = `${this.data.words[word].trim()} is now at place ${place + 1}`;
    this.sayings.note(order);
    this.commit("order", order);
  }

  press(event) {
    const chip = event.target.closest(".chip");
    if (!chip || event.button) return;
    this.drag = {
      word: Number(chip.dataset.word),
      chip,
      x: event.clientX,
      y: event.clientY,
      on: false,
      place: 0,
    };
  }

  move(event) {
    const { drag } = this;
    if (!drag) return;
    if (!drag.on && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < FAR) return;
    if (!drag.on) {
      drag.on = true;
      this.row.setPointerCapture(event.pointerId);
      drag.chip.classList.add("held");
    }
    drag.chip.style.transform = `translate(${event.clientX - drag.x}px, ${event.clientY - drag.y}px)`;
    drag.place = this.placeAt(event, drag.chip);
    this.mark(drag.place, drag.chip);
  }

  /** Where among the other words a word let go here would stand. */
  placeAt(event, held) {
    const { clientX, clientY } = event;
    const others = children(this.row)
      .filter((chip) => chip !== held)
      .map((chip) => chip.getBoundingClientRect());
    const beside = (box) => clientY >= box.top && clientX > (box.left + box.right) / 2;
    return others.filter((box) => clientY > box.bottom || beside(box)).length;
  }

  mark(place, held) {
    const others = children(this.row).filter((chip) => chip !== held);
    others.forEach((chip, i) => {
      chip.classList.toggle("before", i === place);
      chip.classList.toggle("after", i === place - 1 && place === others.length);
    });
  }

  drop(event, done) {
    const { drag } = this;
    this.drag = null;
    if (!drag?.on) return;
    drag.chip.classList.remove("held");
    drag.chip.style.transform = "";
    this.mark(-1, drag.chip);
    if (done) this.put(drag.word, drag.place);
  }

  /** Shift with an arrow moves the word that has the focus; arrows alone walk. */
  key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const word = this.held();
    if (!step || word < 0 || !event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const place = this.order.indexOf(word) + step;
    if (place >= 0 && place < this.order.length) this.put(word, place);
  }
}

export default view("sequence", Sequence);
