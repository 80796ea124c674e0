"""How a small model learns a task on strings: the tasks, what is to be chosen of a training, and what is
measured of the model at each recorded step.
"""

from model.analysis.learning.history import History, Moment
from model.analysis.learning.record import SCALES, Lap, Record, State, measure
from model.analysis.learning.rules import partners
from model.analysis.learning.settings import BATCH, MASKS, Settings
from model.analysis.learning.tasks import TASKS, Strings, Task, draw

__all__ = ["BATCH", "MASKS", "SCALES", "TASKS", "History", "Lap", "Moment", "Record", "Settings", "State"]
__all__ += ["Strings", "Task", "draw", "measure", "partners"]
