// Tokens with their shares as horizontal bars, one bar per series: plain elements, painted in the frame in which the data arrives.
// Texts go in through textContent only.

const SIGNS = { " ": "·", "\n": "⏎", "\r": "␍", "\t": "⇥" };

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function bar(value, widest, colour) {
  const track = element("span", "track");
  const fill = element("span", "fill");
  fill.style.width = `${(100 * value) / widest}%`;
  fill.style.background = colour;
  track.append(fill, element("span", "share", `${(100 * value).toFixed(1)}%`));
  return track;
}

function row(token, place, series, widest) {
  const item = element("li", "row");
  const label = element("bdi", "token", token.replace(/[ \n\r\t]/g, (letter) => SIGNS[letter]));
  const bars = element("span", "bars");
  bars.append(...series.map(({ values, colour }) => bar(values[place], widest, colour)));
  item.append(label, bars);
  return item;
}

function legend(series) {
  const line = element("p", "legend");
  for (const { name, colour } of series) {
    const patch = element("span", "patch");
    patch.style.background = colour;
    line.append(patch, name);
  }
  return line;
}

export default function ({ data, parentElement }) {
  const host = parentElement.querySelector(".riverbank-ranking");
  const { tokens, series } = data;
  const widest = Math.max(...series.flatMap(({ values }) => values)) || 1;
  const list = element("ol", "rows");
  list.setAttribute("aria-label", data.label);
  list.append(...tokens.map((token, place) => row(token, place, series, widest)));
  host.replaceChildren(...(series.length > 1 ? [legend(series)] : []), list);
}
