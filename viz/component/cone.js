// @ts-check
// Cones of one output, one for each network. Nothing goes to the server but a chosen token.

import { theme } from "./colours.js";
import { alone } from "./keys.js";
import { Cone, LEAST } from "./levels.js";
import { view } from "./mount.js";
import { clamp, element, tall } from "./parts.js";

class Cones {
  all; // how many tokens the text has
  output; // the place of the chosen one
  commit;
  height; // of a panel, in a window of 900 pixels

  constructor(host) {
    this.host = host;
    this.painted = 0;
    this.row = element("div", "panels");
    this.readout = element("div", { class: "readout", "aria-live": "polite" });
    this.panels = [];
    host.replaceChildren(this.row, this.readout);
    this.observer = new ResizeObserver(() => {
      const turned = this.panels.some(
        (panel) => panel.stage.clientWidth !== panel.width || tall(this.height, LEAST) !== panel.height,
      );
      if (turned) this.panels.forEach((panel) => panel.arrange());
    });
    for (const one of [host, document.body]) this.observer.observe(one);
  }

  update({ panels, ...data }, commit) {
    Object.assign(this, data, { commit, theme: theme(this.host) });
    while (this.panels.length < panels.length) this.panels.push(new Cone(this));
    this.panels.length = panels.length;
    const stands = this.row.children.length === panels.length;
    if (!stands) this.row.replaceChildren(...this.panels.map((panel) => panel.root));
    this.panels.forEach((panel, n) => panel.update(panels[n]));
    this.say(null);
    const seen = panels.map(({ levels }) => levels.at(-1).lit);
    const { revision, output } = data;
    Object.assign(this.host.dataset, {
      revision,
      output,
      seen: JSON.stringify(seen),
      painted: ++this.painted,
    });
  }

  /** The line under the picture. */
  say(words) {
    const shown = this.panels.map(
      ({ data: { name, start, tokens } }) =>
        `${name}: tokens ${start + 1} to ${start + tokens.length} of ${this.all}. `,
    );
    const part = this.panels.some(({ data }) => data.tokens.length < this.all) ? shown.join("") : "";
    const text = words ?? `${part}Click a token, or use the arrow keys on the picture, to choose the output.`;
    if (this.readout.textContent !== text) this.readout.textContent = text;
  }

  choose(token) {
    if (token === this.output || token < 0 || token >= this.all) return;
    this.output = token; // so that the next key goes on from here before the answer has come
    this.commit("token", token);
  }

  press(event) {
    const goal = { ArrowLeft: this.output - 1, ArrowRight: this.output + 1, Home: 0, End: this.all - 1 }[
      event.key
    ];
    if (goal === undefined || !alone(event)) return;
    event.preventDefault();
    event.stopPropagation();
    this.choose(clamp(goal, 0, this.all - 1));
  }

  end() {
    this.observer.disconnect();
  }
}

export default view("cone", Cones);
