// @ts-check
// The arithmetic of RoPE, in float64, with pairs of adjacent dimensions.

export const sum = (values) => values.reduce((total, value) => total + value, 0);

/** The pairs of x (D) turned counter-clockwise by position times frequency: [[x, y], ...]. */
export function turned(x, frequency, position) {
  return frequency.map((speed, i) => {
    const [cos, sin] = [Math.cos(position * speed), Math.sin(position * speed)];
    return [x[2 * i] * cos - x[2 * i + 1] * sin, x[2 * i] * sin + x[2 * i + 1] * cos];
  });
}

/** What each pair adds to the score of a query at m and a key at n. */
export function contributions({ q, k, frequency, scale }, [m, n]) {
  const [asks, answers] = [turned(q, frequency, m), turned(k, frequency, n)];
  return asks.map(([a, b], i) => scale * (a * answers[i][0] + b * answers[i][1]));
}

/** The lengths of the pairs of x (D). */
export const lengths = (x) =>
  Array.from({ length: x.length / 2 }, (_, i) => Math.hypot(x[2 * i], x[2 * i + 1]));
