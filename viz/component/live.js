// @ts-check
// Streamlit reads one-line inputs while somebody types (live="200ms"), but not text areas: they wait
// for Ctrl + Enter or a click elsewhere. So those in a container whose key begins with "box." get that
// Ctrl + Enter once the hand rests.

import { view } from "./mount.js";

const BOX = '[class*="st-key-box-"] textarea';
const EVENTS = ["input", "compositionend"];

class Live {
  constructor() {
    /** @param {any} event */
    this.typed = ({ target, isComposing }) => {
      if (isComposing || !target.matches(BOX)) return; // half a syllable: compositionend tells of the whole
      clearTimeout(this.waiting);
      const enter = new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true });
      this.waiting = setTimeout(() => target.dispatchEvent(enter), this.rest);
    };
    for (const event of EVENTS) document.addEventListener(event, this.typed);
  }

  update({ rest }) {
    this.rest = rest;
  }

  end() {
    for (const event of EVENTS) document.removeEventListener(event, this.typed);
  }
}

export default view("live", Live);
