// Two words side by side, stage by stage: words near to the first to the left, to the second to the right,
// the nearest in the middle, and two discs that part. Texts go in as text only.

// Percent of the middle column from its centre to a disc: where the cosine is 0, and at least and at most.
const [REACH, NEAREST, FARTHEST] = [38, 5, 44];
const number = (value) => value.toFixed(2).replace("-", "−");
const away = (cosine) => clamp(REACH * (1 - cosine), NEAREST, FARTHEST);

function chip([word, cosine], common) {
  const made = element("li", { class: common.has(word) ? "common" : "", title: number(cosine) }, word);
  made.style.setProperty("--share", `${Math.round(100 * clamp(cosine, 0, 1))}%`);
  return made;
}

function side(words, others, which) {
  const common = new Set(others.map(([word]) => word));
  return element("td", `side side${which}`, element("ul", {}, ...words.map((one) => chip(one, common))));
}

function discs(cosine) {
  const marks = [1, 2].map((mark) => {
    const disc = element("i", `disc mark${mark}`, String(mark));
    disc.style.left = `${50 + (mark === 1 ? -1 : 1) * away(cosine)}%`;
    return disc;
  });
  return element("td", "between", ...marks, element("span", "cosine", number(cosine)));
}

function row(data, place, choose) {
  const { name, sides, cosine } = data.rows[place];
  const near = sides.map((words, i) => `${i + 1}: ${words.map(([word]) => word).join(", ")}`).join("; ");
  const button = element(
    data.chosen === null ? "span" : "button",
    data.chosen === null
      ? {}
      : { type: "button", "aria-pressed": String(place === data.chosen), "aria-label": `${name}; cosine ${number(cosine)}; ${near}` },
    name,
  );
  const made = element(
    "tr",
    place === data.chosen ? "chosen" : "",
    element("th", { scope: "row" }, button),
    side(sides[0], sides[1], 1),
    discs(cosine),
    side(sides[1], sides[0], 2),
  );
  if (data.chosen !== null) made.addEventListener("click", choose);
  return made;
}

function sentence([before, word, after], mark) {
  const text = element("bdi", {}, element("span", {}, before), element("b", {}, word), element("span", {}, after));
  const line = element("div", {}, element("i", `disc mark${mark}`, String(mark)), text);
  return element("th", { scope: "col", class: `sentence side${mark}` }, line);
}

function paths(rows) {
  const points = (sign) => rows.map(({ cosine }, i) => `${50 + sign * away(cosine)},${i + 0.36}`).join(" ");
  const lines = [-1, 1].map((sign, i) => drawing("polyline", { points: points(sign), class: `path mark${i + 1}` }));
  return drawing("svg", { viewBox: `0 0 100 ${rows.length}`, preserveAspectRatio: "none", "aria-hidden": "true" }, ...lines);
}

class Neighbours {
  constructor(host) {
    this.host = host;
  }

  update(data, commit) {
    const { host } = this;
    const focused = [...host.querySelectorAll("button")].indexOf(host.getRootNode().activeElement);
    const head = element(
      "tr",
      {},
      element("th", { scope: "col" }, element("span", "hidden", "stage")),
      sentence(data.sentences[0], 1),
      element("th", { scope: "col", class: "between" }, "cosine"),
      sentence(data.sentences[1], 2),
    );
    const body = data.rows.map((_, place) => row(data, place, () => commit("row", place)));
    const table = element("table", { "aria-label": data.label }, element("thead", {}, head), element("tbody", {}, ...body));
    host.replaceChildren(table, paths(data.rows));
    host.style.setProperty("--rows", String(data.rows.length));
    host.dataset.revision = data.revision;
    host.dataset.values = JSON.stringify(data.rows);
    host.querySelectorAll("button")[focused]?.focus();
  }
}

export default view("neighbours", Neighbours);
