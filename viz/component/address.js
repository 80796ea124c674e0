// @ts-check
// Keeps the page's address in step with its controls, so that a link, a reload or a lost session restores the
// picture, and the browser's way back undoes one choice after the other.

import { view } from "./mount.js";

const PAUSE = 1500; // milliseconds: what is typed within them at one word is one step of the way back
const RUNNING = ["running", "rerunRequested"]; // in these Streamlit itself asks again once it has a server
const PATIENCE = 5000; // milliseconds: what the server has not heard of by then, a click has overtaken

/** A query as Streamlit's server has it: without what is Streamlit's own. */
function plain(query) {
  const said = new URLSearchParams(query);
  for (const key of [...said.keys()]) if (key.startsWith("embed")) said.delete(key);
  return String(said);
}

/** Whether one text became the other within a word. */
function within(before, now) {
  const shorter = Math.min(before.length, now.length);
  let [start, end] = [0, 0];
  while (start < shorter && before[start] === now[start]) start++;
  while (end < shorter - start && before.at(-1 - end) === now.at(-1 - end)) end++;
  return ![before, now].some((text) => /\s/.test(text.slice(start, text.length - end)));
}

// A page that finds its server again may find no session there. So it says what its address was when it lost
// the server. Streamlit itself waits for a click, unless it was in a run; in both cases it sends the query of
// the page's first load.
class Address {
  lost = null; // the query and the time, while there is no server
  path = null; // of the page that the address was written for last
  asked = null; // the query to which the reader went back or forward last, and when
  returning = false; // until the server has answered it
  typed = { key: "", time: 0 }; // in which box somebody typed last, and when

  constructor() {
    /** @type {HTMLElement} */
    this.app = document.querySelector("[data-testid=stApp]");
    const look = () => this.look(this.app.dataset.testConnectionState === "CONNECTED");
    this.observer = new MutationObserver(look);
    this.observer.observe(this.app, { attributeFilter: ["data-test-connection-state"] });
    this.popped = () => this.go();
    window.addEventListener("popstate", this.popped);
  }

  update({ query, page, boxes, went_to }, say) {
    this.say = say;
    const url = new URL(window.location.href);
    const elsewhere = page && url.pathname.split("/").at(-1) !== page;
    if (elsewhere || this.overtaken(went_to)) return; // an answer to what was chosen before the way back
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

  /** Whether the server, which heard of that way back last, is yet to hear of the last. */
  overtaken(went_to) {
    if (this.asked === null || Date.now() - this.asked.time > PATIENCE) return false;
    return went_to === null || plain(went_to) !== this.asked.query;
  }

  /** The reader goes back or forward: Streamlit runs the page of the address, and tells it the query. */
  go() {
    const { pathname, search } = window.location;
    this.returning = pathname === this.path;
    if (this.returning) this.asked = { query: plain(search), time: Date.now() };
    else [this.path, this.asked] = [null, null];
  }

  /** The app has lost its server, or found one again. Streamlit keeps what a view says without a server, and
   *  sends it with the next request. If the app was in a run, Streamlit makes that request, and another one
   *  would interrupt it; otherwise the view asks for a run. */
  look(connected) {
    if (!connected && !this.lost) {
      this.lost = [window.location.search.slice(1), Date.now()];
      this.say("lost", ...this.lost);
    } else if (connected && this.lost) {
      this.asked = null; // the session there may be another one
      if (!RUNNING.includes(this.app.dataset.testScriptState)) this.say("lost", ...this.lost);
      this.lost = null;
    }
  }

  end() {
    this.observer.disconnect();
    window.removeEventListener("popstate", this.popped);
  }
}

export default view("address", Address);
