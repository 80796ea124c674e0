"""Models that look at pictures: `load(name).explain(image)` returns the PictureTrace of all they computed."""

from model.vision import digits
from model.vision.bundle import Bundle, untrained
from model.vision.checkpoints import NAMES, load
from model.vision.config import VisionConfig
from model.vision.foreign import Opened, at_hand, opened
from model.vision.grid import assembled, patches, window
from model.vision.trace import PictureTrace

__all__ = ["NAMES", "Bundle", "Opened", "PictureTrace", "VisionConfig", "assembled", "at_hand", "digits"]
__all__ += ["load", "opened", "patches", "untrained", "window"]
