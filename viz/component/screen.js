// @ts-check
// What belongs to the page as a whole: screen.css, and that the keys reach what scrolls.

import { view } from "./mount.js";

const SCROLLS = "[data-testid=stMarkdown] table, [data-testid=stCode] pre";

/** Where Streamlit lets a table or code scroll, it does so for a pointer only: here it takes the focus. */
function reach() {
  for (const part of document.querySelectorAll(SCROLLS)) {
    const scrolls = part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight;
    if (scrolls !== part.hasAttribute("tabindex")) part.toggleAttribute("tabindex", scrolls);
    if (scrolls) part.setAttribute("tabindex", "0");
  }
}

class Screen {
  constructor() {
    this.look = () => {
      this.frame ??= requestAnimationFrame(() => {
        this.frame = null;
        reach();
      });
    };
    this.observer = new MutationObserver(this.look);
    this.observer.observe(document.body, { childList: true, subtree: true });
    window.addEventListener("resize", this.look);
  }

  update() {
    this.look();
  }

  end() {
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
    window.removeEventListener("resize", this.look);
  }
}

export default view("screen", Screen);
