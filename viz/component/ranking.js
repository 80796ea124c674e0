// Tokens with their shares as horizontal bars, one bar per series: plain elements, painted in the frame in which the data arrives.
// Texts go in through textContent only.

const signed = (value) => (value < 0 ? "−" : "") + Number(Math.abs(value).toPrecision(3));

function bar(value, widest, colour, shares) {
  const track = element("span", "track");
  const fill = element("span", "fill");
  fill.style.width = `${(100 * Math.abs(value)) / widest}%`;
  fill.style.background = colour;
  track.append(fill, element("span", "share", shares ? `${(100 * value).toFixed(1)}%` : signed(value)));
  return track;
}

function row(token, place, series, { shares, sentences }) {
  const item = element("li", "row");
  const label = element("bdi", "token", sentences ? token : legible(token));
  const bars = element("span", "bars");
  bars.append(...series.map(({ values, colour, widest }) => bar(values[place], widest, colour, shares)));
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
  const { tokens, shares } = data;
  const largest = (values) => Math.max(...values.map(Math.abs)) || 1;
  const together = largest(data.series.flatMap(({ values }) => values));
  const series = data.series.map((one) => ({ ...one, widest: shares ? together : largest(one.values) }));
  const list = element("ol", "rows");
  list.setAttribute("aria-label", data.label);
  list.append(...tokens.map((token, place) => row(token, place, series, data)));
  host.classList.toggle("sentences", Boolean(data.sentences));
  host.replaceChildren(...(series.length > 1 ? [legend(series)] : []), list);
}
