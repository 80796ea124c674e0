// @ts-check
// A slider with its name, its value in words and its play button.

import { element, still } from "./parts.js";

export class Rail {
  /** `moved` is called with the slider's value when a hand moves it, `played` when the button is pressed. */
  constructor(role, name, { moved, played }) {
    this.name = name;
    this.input = element("input", { class: "range", type: "range", min: 0, step: 1, "aria-label": name });
    this.play = element("button", { class: "play", type: "button" });
    this.home = element("i", "home");
    this.words = element("span", "said");
    const track = element("span", "track", this.home, this.input);
    this.root = element("div", `rail ${role}`, element("span", "name", name), this.play, track, this.words);
    this.input.addEventListener("input", () => moved(Number(this.input.value)));
    this.play.addEventListener("click", played);
  }

  show(value, home, last, words, playing) {
    this.input.max = String(last);
    this.input.value = String(value);
    this.input.setAttribute("aria-valuetext", words);
    // Where the middle of the thumb stands.
    const along = (at) => `calc(0.5rem + (100% - 1rem) * ${last ? at / last : 0})`;
    this.home.style.left = along(home);
    this.input.style.setProperty("--share", along(value));
    this.words.textContent = words;
    this.play.textContent = playing ? "❚❚" : "▶";
    this.play.setAttribute(
      "aria-label",
      `${playing ? "pause" : still() ? "one token on" : "play"}: ${this.name}`,
    );
  }
}
