// The next tokens that several models expect, one list per model: plain elements, painted in the frame in which the data arrives.
// Texts go in through textContent only.

function row(token, share, widest) {
  const item = element("li", "row");
  const bar = element("span", "bar");
  bar.style.width = `${(100 * share) / widest}%`;
  item.append(element("bdi", "token", legible(token)), element("span", "share", `${(100 * share).toFixed(1)} %`), bar);
  return item;
}

export default function ({ data, parentElement }) {
  const host = parentElement.querySelector(".riverbank-beliefs");
  const widest = Math.max(...data.lists.flatMap(({ shares }) => shares), 0) || 1;
  host.replaceChildren(...data.lists.map(({ name, note, tokens, shares }) => {
    const box = element("section", "list");
    const list = element("ol", "rows");
    list.setAttribute("aria-label", `${data.label}: ${name}`);
    list.append(...tokens.map((token, i) => row(token, shares[i], widest)));
    box.append(element("h4", "name", name), note ? element("p", "note", note) : list);
    return box;
  }));
  host.dataset.revision = data.revision;
}
