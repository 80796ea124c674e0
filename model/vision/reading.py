"""Pictures that people upload, read with care, and a digit among them made ready as MNIST's were."""

import io

import numpy as np
from PIL import Image, ImageFilter, ImageOps

BYTES = 5_000_000  # of a file, at most
PIXELS = 16_000_000  # of a picture, at most
FORMATS = "PNG", "JPEG", "WEBP"
KEPT = 1024  # pixels of the longer side that are kept
SIDE, BODY = 28, 20  # pixels of a digit's picture, and of the box inside it that the digit fills
WORKED = 256  # pixels of the longer side in which a digit is looked for
PAPER = 65  # pixels, odd, of a neighbourhood whose faintest ink is taken for paper: wider than any stroke
FAINT = 0.1  # of the range from black to white: what stands out less from the paper is no ink


class NoPicture(ValueError):
    """Why a file is not read, or why nothing is found in it: a sentence for the user."""


def opened(data: bytes) -> np.ndarray:
    """The picture in a PNG, JPEG or WebP file, (height, width, 3), float32 from 0 to 1, upright as its EXIF
    data say, its longer side at most KEPT pixels. What the file says besides, such as where it was taken, is
    dropped. What is transparent becomes white paper, or black where the rest is bright.

    NoPicture if there is none, or one that is too large, too small or moves.
    """
    if len(data) > BYTES:
        size = f"{len(data) / 1e6:.1f} MB"
        raise NoPicture(f"This file has {size}; at most {BYTES // 10**6} MB are read. Save it smaller.")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            check(image)
            picture = ImageOps.exif_transpose(flat(image))
    except NoPicture:
        raise
    except Image.DecompressionBombError as error:  # far too large by what the file says of itself
        raise NoPicture(f"This picture has far more than {PIXELS // 10**6} million pixels.") from error
    except Exception as error:  # whatever a decoder stumbles over in a file that is none
        raise NoPicture(
            "This is no PNG, JPEG or WebP picture, or a damaged one. Open it in a program that shows "
            "pictures, and save it anew."
        ) from error
    picture.thumbnail((KEPT, KEPT))
    return np.asarray(picture, np.float32) / 255


def check(image: Image.Image) -> None:
    """NoPicture if a picture is not taken, by what its head says: no pixel has been read."""
    width, height = image.size
    pixels, frames = f"{width:,} × {height:,} pixels", getattr(image, "n_frames", 1)
    if width * height > PIXELS:
        raise NoPicture(
            f"This picture has {pixels}; at most {PIXELS // 10**6} million are read. Save it smaller."
        )
    if min(width, height) < 2:
        raise NoPicture(f"This picture has {pixels}: there is nothing to see in it.")
    if frames > 1 and image.format in ("PNG", "WEBP"):  # a JPEG with several has the same in other sizes
        raise NoPicture(f"This picture moves: it has {frames:,} frames. Save one of them as a picture.")


def flat(image: Image.Image) -> Image.Image:
    """Any picture as RGB: of 16 bits the upper 8, and what is transparent as paper."""
    if image.mode.startswith("I"):
        levels = np.asarray(image, np.int64).clip(0, 65_535) >> 8
        image = Image.fromarray(levels.astype(np.uint8))
    if not image.has_transparency_data:
        return with_exif(image.convert("RGB"), image)
    layered = image.convert("RGBA")
    grey, alpha = (np.asarray(layered.convert(mode), np.float64) for mode in ("L", "RGBA"))
    opacity = alpha[..., 3]
    bright = float((grey * opacity).sum() / max(opacity.sum(), 1)) > 127
    paper = Image.new("RGBA", image.size, "black" if bright else "white")
    return with_exif(Image.alpha_composite(paper, layered).convert("RGB"), image)


def with_exif(flat: Image.Image, image: Image.Image) -> Image.Image:
    """The flat picture with what the other one's EXIF data say of its turning, and nothing else."""
    turned = image.getexif().get(0x0112)
    if turned is not None:
        flat.getexif()[0x0112] = turned
    return flat


def square(picture: np.ndarray, side: int) -> np.ndarray:
    """The middle of a picture (height, width, 3) from 0 to 1 as a square, uint8 (side, side, 3)."""
    image = Image.fromarray((255 * np.asarray(picture)).round().astype(np.uint8))
    return np.asarray(ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS))


def digit(picture: np.ndarray) -> np.ndarray:
    """A digit made ready as MNIST's were (LeCun 1998): (28, 28), uint8, 0 paper to 255 ink, from a picture
    (height, width, 3) from 0 to 1. It fills a box of 20 pixels, and its centre of mass is in the middle.

    Where the edge of the picture is bright, what is dark is ink. NoPicture if nothing stands out.
    """
    ink = inked(picture)
    top = np.quantile(ink, 0.995)
    mask = ink > max(FAINT, otsu(ink))
    if top < FAINT or not mask.any():
        raise NoPicture("This picture is of one colour: no digit stands out from its background.")
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    body = (ink / top).clip(0, 1)[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BODY / max(body.shape)
    size = [max(1, round(scale * length)) for length in body.shape[::-1]]  # width, height
    small = Image.fromarray((255 * body).astype(np.uint8)).resize(size, Image.Resampling.BOX)
    return centred(np.asarray(small))


def inked(picture: np.ndarray) -> np.ndarray:
    """How much each pixel stands out from the paper around it, (height, width) from 0 to 1: shadows on the
    paper are taken off.
    """
    grey = Image.fromarray((255 * np.asarray(picture)).round().astype(np.uint8)).convert("L")
    grey.thumbnail((WORKED, WORKED))
    edge = np.concatenate([np.asarray(grey)[[0, -1]].ravel(), np.asarray(grey)[:, [0, -1]].ravel()])
    if np.median(edge) > 127:
        grey = ImageOps.invert(grey)
    reach = min(PAPER, 2 * (min(grey.size) // 2) - 1)
    paper = Image.new("L", grey.size, int(min(np.median(edge), 255 - np.median(edge))))
    if reach >= 3:  # an opening: what is narrower than the neighbourhood goes, a shadow stays
        paper = wide(wide(grey, ImageFilter.MinFilter, reach), ImageFilter.MaxFilter, reach)
    return (np.asarray(grey, np.float64) - np.asarray(paper, np.float64)).clip(0) / 255


def wide(grey: Image.Image, kind: type[ImageFilter.RankFilter], reach: int) -> Image.Image:
    """The least or the greatest of the `reach` x `reach` pixels around each, an odd number: by a filter of
    3 x 3, as often as it takes to get as far, which is much sooner.
    """
    for _ in range(reach // 2):
        grey = grey.filter(kind(3))
    return grey


def otsu(ink: np.ndarray) -> float:
    """The threshold that parts amounts from 0 to 1 into two groups that differ most (Otsu 1979)."""
    counts, edges = np.histogram(ink, 64, (0, 1))
    middles = (edges[:-1] + edges[1:]) / 2
    below = counts.cumsum()
    above, mass = below[-1] - below, (counts * middles).cumsum()
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (mass / below - (mass[-1] - mass) / above) ** 2
    return float(edges[1 + int(np.nan_to_num(between).argmax())])


def centred(small: np.ndarray) -> np.ndarray:
    """A small picture on 28 x 28, its centre of mass as near to the middle as whole pixels allow, and nothing
    of it cut off.
    """
    (height, width), total = small.shape, small.sum()
    placed = np.zeros((SIDE, SIDE), np.uint8)
    row, column = (
        int(np.clip(round(SIDE / 2 - small.sum(axis) @ np.arange(length) / total), 0, SIDE - length))
        for axis, length in ((1, height), (0, width))
    )
    placed[row : row + height, column : column + width] = small
    return placed
