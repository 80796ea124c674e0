// How Streamlit's calls reach a picture. It comes before the file of every view.

const mounted = new WeakMap(); // one picture per root: Streamlit calls again on the same root whenever data or theme change

/** What a view has said to the server. A slow answer to something older must not take back what the hand has done since. */
class Sayings {
  waiting = [];

  note(value) { this.waiting.push(String(value)); }

  /** Whether what the server shows now answers anything but the last that was said. */
  outdated(value) {
    const at = this.waiting.lastIndexOf(String(value));
    this.waiting = at < 0 ? [] : this.waiting.slice(at + 1);
    return this.waiting.length > 0;
  }
}

/** What Streamlit calls: `Kind` draws in the element of the class riverbank-NAME, what `read` makes of the data; each choice becomes the state that it names. */
const view = (name, Kind, read = (data) => data) => ({ parentElement, data, setStateValue }) => {
  const host = parentElement.querySelector(`.riverbank-${name}`);
  if (!host || !data) return undefined;
  const picture = mounted.get(host) ?? new Kind(host);
  mounted.set(host, picture);
  picture.update(read(data), (state, ...said) => setStateValue(state, [...said, Date.now()])); // the time makes the same choice again a change
  const turn = (picture.turn = (picture.turn ?? 0) + 1);
  return () => { // the cleanup of an overtaken call may come late: only the last call's ends the picture
    if (picture.turn !== turn) return;
    picture.end?.();
    mounted.delete(host);
  };
};
