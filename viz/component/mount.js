// @ts-check
// How Streamlit's calls reach a view, and what the view says reaches Streamlit. Every view ends with `export
// default view(...)`.

// One picture per root: Streamlit calls again on the same root when data or theme change.
const mounted = new WeakMap();

/** What a view has said to the server. A slow answer to something older must not take back what the hand has
 *  done since. */
export class Sayings {
  waiting = [];

  note(value) {
    this.waiting.push(String(value));
  }

  /** Whether what the server shows now answers anything but the last that was said. */
  outdated(value) {
    const at = this.waiting.lastIndexOf(String(value));
    this.waiting = at < 0 ? [] : this.waiting.slice(at + 1);
    return this.waiting.length > 0;
  }
}

/** What Streamlit calls. `Kind` draws in the element of the class riverbank-NAME: its `update` gets what
 *  `read` makes of the data, and a function that makes a choice the state of that name and returns its time;
 *  its `end` is called when the view goes.
 *  @param {string} name
 *  @param {new (host: HTMLElement) => any} Kind */
export const view =
  (name, Kind, read = (data) => data) =>
  ({ parentElement, data, setStateValue }) => {
    const host = parentElement.querySelector(`.riverbank-${name}`);
    if (!host || !data) return undefined;
    const picture = mounted.get(host) ?? new Kind(host);
    mounted.set(host, picture);
    const say = (state, ...choice) => {
      const time = Date.now(); // makes the same choice again a change
      setStateValue(state, [...choice, time]);
      return time;
    };
    picture.update(read(data), say);
    const turn = (picture.turn = (picture.turn ?? 0) + 1);
    return () => {
      // the cleanup of an overtaken call may come late: only the last call's ends the picture
      if (picture.turn !== turn) return;
      picture.end?.();
      mounted.delete(host);
    };
  };

/** The data of a picture of matrices, [u32 length][JSON header][float32 (N, T, S)], or with the header's type
 *  "u1" [uint8]: the header's fields and the numbers, NaN for what is masked. */
export function unpack(payload) {
  const bytes = payload.slice(); // the message's own offset may not be a multiple of four
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  return {
    ...header,
    rows: header.rows.slice(0, header.tall),
    values: new (header.type === "u1" ? Uint8Array : Float32Array)(bytes.buffer, 4 + length),
  };
}
