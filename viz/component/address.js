// @ts-check
// Keeps the page's address in step with its controls, so that a link, a reload or a lost session restores the
// picture, and the browser's way back undoes one choice after the other.

import { view } from "./mount.js";

const PAUSE = 1500; // milliseconds: what is typed within them at one word is one step of the way back

/** Whether one text became the other within a word. */
function within(before, now) {
  const shorter = Math.min(before.length, now.length);
  let [start, end] = [0, 0];
  while (start < shorter && before[start] === now[start]) start++;
  while (end < shorter - start && before.at(-1 - end) === now.at(-1 - end)) end++;
  return ![before, now].some((text) => /\s/.test(text.slice(start, text.length - end)));
}

// A page that finds its server again may find no session there. So it says what its address was when it lost
// the server. Streamlit itself waits for a click, and sends with that the query of the page's first load.
class Address {
  lost = null; // the query and the time, while there is no server
  path = null; // of the page that the address was written for last
  asked = 0; // when the reader went back or forward last; the server says which it has heard of
  returning = false; // until it has answered
  typed = { key: "", time: 0 }; // in which box somebody typed last, and when

  constructor() {
    /** @type {HTMLElement} */
    const app = document.querySelector("[data-testid=stApp]");
    const look = () => this.look(app.dataset.testConnectionState === "CONNECTED");
    this.observer = new MutationObserver(look);
    this.observer.observe(app, { attributeFilter: ["data-test-connection-state"] });
    /** @param {PopStateEvent} event */
    this.popped = (event) => this.go(event);
    window.addEventListener("popstate", this.popped, { capture: true });
  }

  update({ query, boxes, heard }, say) {
    this.say = say;
    if (heard < this.asked) return; // an answer to what was chosen before the way back
    const url = new URL(window.location.href);
    const wished = new URLSearchParams(query);
    const embed = [...url.searchParams].filter(([key]) => key.startsWith("embed")); // Streamlit's own
    for (const [key, value] of embed) wished.append(key, value);
    const chosen = url.pathname === this.path && !this.returning;
    [this.path, this.returning] = [url.pathname, false];
    if (url.searchParams.toString() === wished.toString()) return;
    const step = chosen && !this.continues(url.searchParams, wished, boxes);
    url.search = String(wished);
    if (step) window.history.pushState(null, "", url);
    else window.history.replaceState(window.history.state, "", url);
  }

  /** Whether nothing has changed but the word that somebody is typing. */
  continues(before, now, boxes) {
    const keys = new Set([...before.keys(), ...now.keys()]);
    const [key, ...others] = [...keys].filter((one) => before.get(one) !== now.get(one));
    const last = this.typed;
    this.typed = boxes.includes(key) && !others.length ? { key, time: Date.now() } : { key: "", time: 0 };
    const rested = this.typed.time - last.time > PAUSE;
    return key === last.key && !rested && within(before.get(key) ?? "", now.get(key) ?? "");
  }

  /** The reader goes back or forward. To another page Streamlit goes; within this one it would run the page
   *  with a query that nobody reads. */
  go(event) {
    const { pathname, search } = window.location;
    if (pathname !== this.path) {
      [this.path, this.asked] = [null, 0];
      return;
    }
    event.stopImmediatePropagation();
    this.returning = true;
    this.asked = this.say("back", search || "?");
  }

  look(connected) {
    if (!connected) this.lost ??= [window.location.search.slice(1), Date.now()];
    else if (this.lost) {
      this.asked = 0; // the session there may be another one
      this.say("lost", ...this.lost);
      this.lost = null;
    }
  }

  end() {
    this.observer.disconnect();
    window.removeEventListener("popstate", this.popped, { capture: true });
  }
}

export default view("address", Address);
