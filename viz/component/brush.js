// @ts-check
// Painting a mask: the first cell of a stroke is turned over, the others follow it, and the whole mask is
// sent once at the end.

export class Brush {
  values; // (T, S), a number where open and NaN where not
  S; // columns
  value; // what the stroke paints

  /** `changed` is called when cells have been painted. */
  constructor(changed) {
    this.changed = changed;
    this.at = null; // the last cell of the stroke, while there is one
    this.sent = 0; // when the last mask was
  }

  /** Take the cells that are painted from now on. */
  hold(values, S) {
    Object.assign(this, { values, S });
  }

  /** Begin a stroke that turns this cell over. */
  begin([r, c]) {
    this.follow([r, c], Number.isNaN(this.values[r * this.S + c]) ? 1 : NaN);
    this.extend([r, c]);
  }

  /** Begin a stroke that paints on with what this cell has. */
  carry([r, c]) {
    if (!this.at) this.follow([r, c], this.values[r * this.S + c]);
  }

  follow(cell, value) {
    [this.at, this.value] = [cell, value];
  }

  /** Paint all cells from the last one of the stroke to this one: a quick pointer skips some. */
  extend(cell) {
    if (!cell || !this.at) return;
    const { at, value } = this;
    const far = Math.max(Math.abs(cell[0] - at[0]), Math.abs(cell[1] - at[1]), 1);
    for (let n = 0; n <= far; n++) {
      const [r, c] = [0, 1].map((axis) => Math.round(at[axis] + ((cell[axis] - at[axis]) * n) / far));
      this.values[r * this.S + c] = value;
    }
    this.at = cell;
    this.changed();
  }

  /** End the stroke: the mask as bits, row by row, eight to a byte, in base64. */
  end() {
    this.at = null;
    this.sent = Date.now();
    const bytes = new Uint8Array(Math.ceil(this.values.length / 8));
    this.values.forEach((value, i) => {
      if (!Number.isNaN(value)) bytes[i >> 3] |= 128 >> (i & 7);
    });
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  }
}
