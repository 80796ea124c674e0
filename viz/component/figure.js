// @ts-check
// Plotly's figures, drawn by the plotly.min.js of the Python library, and changed in place. Streamlit's own
// chart would draw each new figure from nothing, and that twice.

import { rgb, theme } from "./colours.js";
import { view } from "./mount.js";
import { element, set } from "./parts.js";

const NARROWEST = 150; // pixels
const LATE = "The code that draws this figure did not arrive. Load the page again.";
const CORNERS = "M3 9V3h6v2H5v4zM15 3h6v6h-2V5h-4zM3 15h2v4h4v2H3zM19 15h2v6h-6v-2h4z";

const full = (host) => document.fullscreenElement === host;

/** Plotly; fetched once for all figures.
 *  @param {string} code where its code is, seen from the page */
async function library(code) {
  await import(new URL(code, document.baseURI).href);
  return /** @type {any} */ (globalThis).Plotly;
}

/** How a figure looks on this page where it does not say so itself. */
function look(host) {
  const { text, page, font, heads } = theme(host);
  const ink = rgb(text);
  const mixed = (share) => `rgb(${ink.map((tone, i) => Math.round(share * tone + (1 - share) * page[i]))})`;
  const [label, line] = [mixed(0.8), mixed(0.15)];
  const title = { font: { color: label }, standoff: 20 };
  const axis = { gridcolor: line, zerolinecolor: line, tickcolor: line, automargin: true, title };
  return {
    layout: {
      colorway: heads,
      font: { color: label, family: font },
      title: { font: { color: text, weight: "bold" }, x: 0, xanchor: "left", pad: { l: 4 } },
      xaxis: { ...axis, showgrid: false, zeroline: false },
      yaxis: axis,
      margin: { pad: 8 },
      paper_bgcolor: `rgb(${page})`, // so that a saved file can be read on any background
      plot_bgcolor: `rgb(${page})`,
      modebar: { bgcolor: `rgb(${page})`, color: label, activecolor: text },
      hoverlabel: { bgcolor: `rgb(${page})`, bordercolor: line, font: { color: text, family: font } },
    },
    data: { scatter: [{ marker: { line: { width: 0 } } }] },
  };
}

/** What the buttons above a figure do; `name` is that of a file to be saved. */
function buttons(name, host) {
  const turn = () => (full(host) ? document.exitFullscreen() : host.requestFullscreen());
  const icon = { width: 24, height: 24, path: CORNERS };
  return {
    displaylogo: false,
    showSendToCloud: false, // nothing leaves the page
    toImageButtonOptions: { format: "svg", filename: name, scale: 2 },
    modeBarButtonsToRemove: ["lasso2d", "select2d"],
    modeBarButtonsToAdd: document.fullscreenEnabled
      ? [{ name: "fullscreen", title: "Fill the screen", icon, click: turn }]
      : [],
  };
}

class Figure {
  buttons = null; // one object for all draws: given another, Plotly would draw from nothing
  drawn = null;

  constructor(host) {
    this.host = host;
    this.plot = /** @type {any} */ (element("div")); // Plotly adds to it
    host.replaceChildren(this.plot);
    this.watch = new ResizeObserver(() => this.fit());
  }

  async update({ spec, label, name, code }) {
    this.figure = JSON.parse(spec);
    this.buttons ??= buttons(name, this.host);
    this.host.style.height = `${this.figure.layout.height}px`;
    this.label = label;
    set(this.host, { role: "figure", "aria-label": label });
    try {
      this.plotly = await library(code);
    } catch {
      if (!this.drawn) this.plot.replaceChildren(element("p", {}, LATE));
      return;
    }
    if (this.ended) return;
    this.draw();
    this.watch.observe(this.host);
  }

  draw() {
    if (!this.host.clientWidth) return; // in a closed fold there is no room yet
    if (!this.drawn) this.plot.replaceChildren(); // takes LATE away
    this.drawn = this.figure;
    const lines = String(this.figure.data.map(({ name }) => name));
    // What the reader has enlarged stays so while the numbers do, what they have hidden while the lines do.
    const kept = { uirevision: this.label, legend: { ...this.figure.layout.legend, uirevision: lines } };
    const layout = { ...this.figure.layout, ...kept, ...this.size(), template: look(this.host) };
    this.plotly.react(this.plot, { ...this.figure, layout, config: this.buttons });
  }

  size() {
    const height = full(this.host) ? window.innerHeight : this.figure.layout.height;
    return { width: Math.max(this.host.clientWidth, NARROWEST), height };
  }

  fit() {
    if (!this.host.clientWidth) return;
    if (this.drawn !== this.figure) {
      this.draw();
      return;
    }
    const { width, height } = this.size();
    const { layout } = this.plot;
    const fits = layout.width === width && layout.height === height;
    if (!fits) this.plotly.relayout(this.plot, { width, height });
  }

  end() {
    this.ended = true;
    this.watch.disconnect();
    this.plotly?.purge(this.plot);
  }
}

export default view("figure", Figure);
