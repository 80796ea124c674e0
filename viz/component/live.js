// @ts-check
// Streamlit reads one-line inputs while somebody types (live="200ms"), but not text areas: they wait
// for Ctrl + Enter or a click elsewhere. So those in a container whose key begins with "box." get that
// Ctrl + Enter once the hand rests. What a box says while the app is not connected is lost: then neither
// Ctrl + Enter nor the end of its focus, as when Streamlit disables it, gets through, and it is said later.

import { view } from "./mount.js";

const BOX = '[class*="st-key-box-"] textarea';
const APP = "[data-testid=stApp]";
const STATE = "data-test-connection-state";
const TYPED = ["input", "compositionend"];
const KEY = ["keydown", "keyup"]; // without the second, Streamlit's shortcuts take the key to be held down
const SAID = ["keydown", "focusout"]; // captured before Streamlit hears of them

const connected = () => document.querySelector(APP)?.getAttribute(STATE) === "CONNECTED";

class Live {
  constructor() {
    this.boxes = new Set(); // whose text waits for the connection
    this.observer = new MutationObserver(() => this.deliver());
    /** @param {any} event */
    this.typed = ({ target, isComposing }) => {
      if (isComposing || !target.matches(BOX)) return; // half a syllable: compositionend tells of the whole
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.commit(target), this.rest);
    };
    /** @param {any} event */
    this.said = (event) => {
      const enter = event.key === "Enter" && (event.ctrlKey || event.metaKey);
      const says = event.target.matches("textarea") && (enter || event.type === "focusout");
      if (!says || connected()) return;
      event.stopPropagation();
      this.commit(event.target);
    };
    for (const event of TYPED) document.addEventListener(event, this.typed);
    for (const event of SAID) document.addEventListener(event, this.said, { capture: true });
  }

  update({ rest }) {
    const first = this.rest === undefined;
    this.rest = rest;
    // somebody may have typed before this code was there; a box without news says nothing
    if (first && document.activeElement) this.typed({ target: document.activeElement });
  }

  /** Let the page read the text of a box, now or once it is connected. */
  commit(box) {
    this.boxes.add(box);
    this.deliver();
    const app = this.boxes.size && document.querySelector(APP);
    if (app) this.observer.observe(app, { attributeFilter: [STATE] });
  }

  deliver() {
    if (!connected()) return;
    this.observer.disconnect();
    const enter = { key: "Enter", ctrlKey: true, bubbles: true };
    for (const box of this.boxes) {
      for (const way of KEY) box.dispatchEvent(new KeyboardEvent(way, enter));
    }
    this.boxes.clear();
  }

  end() {
    this.observer.disconnect();
    for (const event of TYPED) document.removeEventListener(event, this.typed);
    for (const event of SAID) document.removeEventListener(event, this.said, { capture: true });
  }
}

export default view("live", Live);
