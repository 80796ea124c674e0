// How Streamlit's calls reach a picture. It comes before the file of every view.

const mounted = new WeakMap(); // one picture per root: Streamlit calls again on the same root whenever data or theme change

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
