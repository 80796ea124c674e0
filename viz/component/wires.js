// @ts-check
// The wires of a diagram: straight between neighbours, else through the gaps between the rows.

const GAP = 12; // CSS pixels between boxes, where the wires run

const middle = ({ left, right }) => (left + right) / 2;
const height = ({ top, bottom }) => (top + bottom) / 2;

/** An arrow's tip at a point, which looks along [dx, dy]. */
function tip(x, y, dx, dy) {
  const from = `${x - 5 * dx - 3 * dy} ${y - 5 * dy - 3 * dx}`;
  return `M${from}L${x} ${y}L${x - 5 * dx + 3 * dy} ${y - 5 * dy + 3 * dx}`;
}

/** The wire from a box to the box that reads it, and its tip; `trunk` is where the stream runs. */
function wire(source, part, boxes, trunk) {
  const [from, to] = [boxes.get(source.name), boxes.get(part.name)];
  if (part.column === 0 && source.column === 0) return []; // the stream itself
  const y = height(to);
  if (source.column === 0) return [`M${trunk} ${y}H${to.left}`, tip(to.left, y, 1, 0)];
  if (part.column === 0) return [`M${middle(from)} ${from.bottom}V${y}H${to.right}`, tip(to.right, y, -1, 0)];
  const beside = source.row === part.row;
  if (beside && part.column === source.column + 1) {
    return [`M${from.right} ${height(from)}H${to.left}`, tip(to.left, y, 1, 0)];
  }
  const [start, lane] = beside ? [from.top, from.top - GAP / 2] : [from.bottom, to.top - GAP / 2];
  return [`M${middle(from)} ${start}V${lane}H${middle(to)}V${to.top}`, tip(middle(to), to.top, 0, 1)];
}

/** The paths of all wires, and the one of the stream; `boxes` has where each box stands, by its name. */
export function wires(parts, boxes) {
  const known = new Map(parts.map((part) => [part.name, part]));
  const first = boxes.get(parts.find((part) => part.column === 0).name);
  const bottom = Math.max(...[...boxes.values()].map((box) => box.bottom));
  const paths = parts.flatMap((part) =>
    part.reads.flatMap((name) => wire(known.get(name), part, boxes, middle(first))),
  );
  return { stream: `M${middle(first)} ${height(first)}V${bottom}`, paths };
}

/** Where the frame around some boxes begins, and how high it is. */
export function framed(boxes) {
  const top = Math.min(...boxes.map((box) => box.top)) - GAP;
  return { top, height: Math.max(...boxes.map((box) => box.bottom)) + GAP / 2 - top };
}
