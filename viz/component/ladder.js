// One word's way from bytes to tokens. User text goes in through textContent only.

function row({ name, pieces, made }, ids) {
  const chips = pieces.map((piece, place) => {
    const chip = element("span", made.includes(place) ? "chip made" : "chip", element("bdi", "", legible(piece)));
    if (ids) chip.append(element("small", "", String(ids[place])));
    return chip;
  });
  return element("li", "rung", element("span", "name", name), element("span", "chips", ...chips));
}

export default function ({ data, parentElement }) {
  const host = parentElement.querySelector(".riverbank-ladder");
  const list = element("ol", "rungs", ...data.rows.map((one, n) => row(one, n === data.rows.length - 1 ? data.ids : null)));
  list.setAttribute("aria-label", data.label);
  list.tabIndex = 0; // a long list scrolls by keys
  host.replaceChildren(list);
  list.scrollTop = list.scrollHeight; // the end is what the model reads
  host.dataset.revision = data.revision;
}
