// Words as chips in an order of their own. Drag one to another place, or focus it and press Shift with an arrow. User text goes in through
// textContent only; the new order is sent once, when the word is let go.

const FAR = 4; // CSS pixels from where a press becomes a drag

class Sequence {
  constructor(host) {
    this.host = host;
    this.drag = null;
    this.sayings = new Sayings();
    this.hint = element("p", "hint", "Drag a word to another place, or choose it and press Shift with an arrow key. Under each word: its place in your text.");
    this.row = element("div", "row");
    this.row.setAttribute("role", "list");
    this.spoken = element("div", "spoken");
    this.spoken.setAttribute("aria-live", "polite");
    host.replaceChildren(this.hint, this.row, this.spoken);
    this.row.addEventListener("pointerdown", (event) => this.press(event));
    this.row.addEventListener("pointermove", (event) => this.move(event));
    this.row.addEventListener("pointerup", (event) => this.drop(event, true));
    this.row.addEventListener("pointercancel", (event) => this.drop(event, false));
    this.row.addEventListener("keydown", (event) => this.key(event));
  }

  update(data, commit) {
    const focused = this.focused();
    const same = data.revision === this.data?.revision;
    this.data = data;
    this.commit = commit;
    if (this.sayings.outdated(data.order) && same) return;
    this.order = [...data.order];
    this.draw(focused);
  }

  /** The word whose chip has the focus, or undefined. */
  focused() {
    const active = this.host.getRootNode().activeElement;
    return active && this.row.contains(active) ? Number(active.dataset.word) : undefined;
  }

  draw(focused) {
    const { words } = this.data;
    this.row.setAttribute("aria-label", this.data.label);
    this.row.replaceChildren(...this.order.map((word, place) => {
      const chip = element("span", word === place ? "chip" : "chip moved");
      chip.append(element("bdi", "word", legible(words[word])), element("small", "place", String(word + 1)));
      chip.dataset.word = word;
      chip.setAttribute("role", "listitem");
      chip.setAttribute("aria-label", `${words[word].trim() || "white space"}, place ${place + 1}, in the text at place ${word + 1}`);
      chip.tabIndex = word === (focused ?? this.order[0]) ? 0 : -1; // one stop for the tab key; arrows go on from there
      return chip;
    }));
    if (focused !== undefined) this.chip(focused)?.focus();
    Object.assign(this.host.dataset, { order: this.order.join(","), revision: this.data.revision });
  }

  chip(word) { return [...this.row.children].find((chip) => Number(chip.dataset.word) === word); }

  /** Put the word at a place, and tell the page. */
  put(word, place) {
    const rest = this.order.filter((one) => one !== word);
    const order = rest.toSpliced(place, 0, word);
    if (order.join() === this.order.join()) return;
    this.order = order;
    this.draw(this.focused());
    this.spoken.textContent = `${this.data.words[word].trim()} is now at place ${place + 1}`;
    this.sayings.note(order);
    this.commit("order", order);
  }

  press(event) {
    const chip = event.target.closest(".chip");
    if (!chip || event.button) return;
    this.drag = { word: Number(chip.dataset.word), chip, x: event.clientX, y: event.clientY, on: false };
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
    const others = [...this.row.children].filter((chip) => chip !== held).map((chip) => chip.getBoundingClientRect());
    const after = others.filter((box) => event.clientY > box.bottom || (event.clientY >= box.top && event.clientX > (box.left + box.right) / 2));
    return after.length;
  }

  mark(place, held) {
    const others = [...this.row.children].filter((chip) => chip !== held);
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

  key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const word = this.focused();
    if (!step || word === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const place = this.order.indexOf(word) + step;
    if (place < 0 || place >= this.order.length) return;
    if (event.shiftKey) this.put(word, place);
    else {
      this.chip(word).tabIndex = -1;
      this.row.children[place].tabIndex = 0;
      this.row.children[place].focus();
    }
  }
}

export default view("sequence", Sequence);
