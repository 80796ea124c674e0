// @ts-check
// What belongs to the page as a whole: screen.css, that the keys reach what scrolls, and the switch for a
// projector. That one puts all away but the page, sets type at 24 pixels, lets pictures grow to the window
// (see `tall`), and goes to the first of them. A link to it that a phone opens shows the usual page.

import { alone } from "./keys.js";
import { view } from "./mount.js";
import { element, projected, set } from "./parts.js";

const SCROLLS = "[data-testid=stMarkdown] table, [data-testid=stCode] pre";
const PICTURES = "[data-testid=stMain] :is([data-testid=stBidiComponentIsolated], .riverbank-figure)";
const RUN = "data-test-script-state";
const PHONE = matchMedia("(max-width: 640px)"); // as in screen.css
const LEAST = 150; // CSS pixels: what is lower than that is a row of tokens
const TYPED = "input, textarea, select, [contenteditable]";

/** Where Streamlit lets a table or code scroll, it does so for a pointer only: here it takes the focus. */
function reach() {
  for (const part of document.querySelectorAll(SCROLLS)) {
    const scrolls = part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight;
    if (scrolls !== part.hasAttribute("tabindex")) part.toggleAttribute("tabindex", scrolls);
    if (scrolls) part.setAttribute("tabindex", "0");
  }
}

class Screen {
  goes = false; // to the first picture, once it is there

  constructor(host) {
    this.button = element("button", { type: "button", "aria-keyshortcuts": "f" });
    this.button.addEventListener("click", () => this.toggle());
    host.replaceChildren(this.button);
    this.look = () => {
      this.frame ??= requestAnimationFrame(() => {
        this.frame = null;
        reach();
        if (this.goes) this.go();
      });
    };
    this.observer = new MutationObserver(this.look);
    const changes = { childList: true, subtree: true, attributeFilter: [RUN] };
    this.observer.observe(document.body, changes);
    window.addEventListener("resize", this.look);
    /** @param {KeyboardEvent} event */
    this.pressed = (event) => {
      const target = /** @type {Element} */ (event.composedPath()[0]);
      if (event.key === "f" && alone(event) && !target.matches?.(TYPED)) this.toggle();
    };
    document.addEventListener("keydown", this.pressed);
  }

  update({ on, enlarged }, say) {
    this.say = say;
    const shows = on && !PHONE.matches;
    if (shows !== projected()) this.show(shows);
    if (enlarged && !shows) say("projector", "phone");
    this.label(on);
    this.look();
  }

  toggle() {
    const on = !projected();
    this.show(on);
    this.label(on);
    this.say("projector", on ? "on" : "off");
  }

  show(on) {
    this.goes = on;
    document.documentElement.toggleAttribute("data-projector", on);
    window.dispatchEvent(new Event("resize"));
  }

  label(on) {
    this.button.textContent = on ? "Leave the projector’s view" : "Projector";
    set(this.button, {
      title: on ? "f: with the sidebar again" : "f: large type, one picture fills the screen",
    });
  }

  /** Go to the first picture of the page, until the page stands. */
  go() {
    const pictures = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(PICTURES));
    const first = [...pictures].find((one) => one.offsetHeight >= LEAST);
    if (!first) return;
    this.goes = !document.querySelector(`[${RUN}=notRunning]`);
    first.scrollIntoView({ block: "start" });
  }

  end() {
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
    window.removeEventListener("resize", this.look);
    document.removeEventListener("keydown", this.pressed);
  }
}

export default view("screen", Screen);
