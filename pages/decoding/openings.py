"""What each view of the page about decoding is about, and what to do there first."""

SENTENCES = {
    "The next word": "A model gives **every** token of its vocabulary a probability, one is chosen, and the "
    "longer text is read again. **Press One token**, or click a candidate to take it instead.",
    "Beam search": "A beam search keeps several of the likeliest beginnings, continues each with every "
    "token, and keeps the best of all again. **Widen the beam**, or click a token to take it.",
    "Two branches": "Each choice leads to another text. **Let it grow, show its tokens, click one to go "
    "back, and take another candidate**: both branches are compared here.",
    "Attention and cache": "What a token gives others to read never changes, so a model keeps it. **Press "
    "One token**: the map grows by a row, and only the new column is computed.",
    "The first token": "A head that finds nothing to say often parks its weight on the first token, whatever "
    "that is. **Click a head** to see what it looks at.",
    "Surprise and layers": "Under each token stands its surprise in bits, −log₂ of the probability that the "
    "model gave it. **Click a token** to ask every layer what comes after it.",
}
