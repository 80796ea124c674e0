"""python -m model.export NAME FOLDER: a bundled model in the form of Hugging Face's `transformers`."""

import argparse
import sys
from pathlib import Path

from model.export import write
from model.zoo import load


def main() -> None:
    """Write the model, and say where; or the sentence why not, and leave with 1."""
    parser = argparse.ArgumentParser(prog="python -m model.export", description=__doc__)
    parser.add_argument("name", help="one of the bundled models, such as decoder-rope")
    parser.add_argument("folder", type=Path, help="where to, made if there is none")
    asked = parser.parse_args()
    try:
        family = write(load(asked.name), asked.folder)
    except (ValueError, OSError) as error:
        sys.exit(str(error))
    sys.stdout.write(f"{asked.name} is in {asked.folder}, as {family}\n")


if __name__ == "__main__":
    main()
