"""What does a transformer know about order? Models that differ in their positional encoding only,
compared on the reader's own text.
"""

from pages import _shell, _sidebar, _signs
from pages._control import Buttons
from pages.positions import choosing, content_position, extrapolation, locality, shuffle, side_by_side, table

SECTIONS = {
    "Which to choose": choosing.show,
    "Side by side": side_by_side.show,
    "Shuffle test": shuffle.show,
    "By distance": locality.show,
    "The encoding itself": table.show,
    "Beyond the training length": extrapolation.show,
    "Content and position": content_position.show,
}
OWN_TEXT = "The encoding itself", "Beyond the training length"  # these ask for none, or for a long one

HIDDEN = {"label_visibility": "collapsed"}
VIEW = Buttons("View", "positions.section", SECTIONS, "Which to choose", look=HIDDEN)

text, section = _sidebar.TEXT.value(), VIEW.value()
VIEW.draw()
if section not in OWN_TEXT:
    _sidebar.TEXT.draw(**HIDDEN)
    _signs.note("text", text, _shell.FIRST)
SECTIONS[section](text)
