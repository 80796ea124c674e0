"""Pictures that somebody uploads: the right picture, or a sentence."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from model.vision import reading

WIDE = np.zeros((30, 40, 3), np.uint8)
WIDE[:15, :20], WIDE[:15, 20:], WIDE[15:, :20] = (200, 0, 0), (0, 200, 0), (0, 0, 200)  # and black


def saved(image, kind="PNG", **how):
    file = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(file, kind, **how)
    return file.getvalue()


def corners(picture):
    """The colours in the middles of the four quarters."""
    height, width = picture.shape[:2]
    places = [(height // 4, width // 4), (height // 4, -width // 4), (-height // 4, width // 4)]
    return [
        tuple(np.rint(255 * picture[place]).astype(int)) for place in [*places, (-height // 4, -width // 4)]
    ]


RED, GREEN, BLUE, BLACK = (200, 0, 0), (0, 200, 0), (0, 0, 200), (0, 0, 0)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
def test_a_picture_is_read_as_it_is(kind):
    how = (
        {"lossless": True} if kind == "WEBP" else {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    )
    picture = reading.opened(saved(WIDE, kind, **how))
    assert picture.shape == (30, 40, 3) and picture.dtype == np.float32
    np.testing.assert_allclose(corners(picture), [RED, GREEN, BLUE, BLACK], atol=0 if kind != "JPEG" else 4)


@pytest.mark.parametrize(
    ("turned", "seen"),
    [
        (1, [RED, GREEN, BLUE, BLACK]),
        (3, [BLACK, BLUE, GREEN, RED]),
        (6, [BLUE, RED, BLACK, GREEN]),
        (8, [GREEN, BLACK, RED, BLUE]),
    ],
)
def test_a_picture_stands_as_its_camera_was_held_and_nothing_else_of_that_is_kept(turned, seen):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = turned, "a camera"
    exif.get_ifd(0x8825)[1] = "N"  # where
    data = saved(WIDE, "WEBP", exif=exif.tobytes(), lossless=True)
    picture = reading.opened(data)
    assert corners(picture) == seen
    assert picture.shape == ((40, 30, 3) if turned > 4 else (30, 40, 3))


def test_sixteen_bits_cmyk_palettes_and_one_bit_are_read():
    ramp = np.linspace(0, 65_535, 64).reshape(1, 64).repeat(4, 0).astype(np.uint16)
    found = reading.opened(saved(Image.fromarray(ramp)))
    np.testing.assert_allclose(found[0, :, 0], ramp[0] / 65_535, atol=1 / 128)
    cmyk = reading.opened(saved(Image.fromarray(WIDE).convert("CMYK"), "JPEG", quality=100, subsampling=0))
    np.testing.assert_allclose(corners(cmyk), [RED, GREEN, BLUE, BLACK], atol=6)
    palette = reading.opened(saved(Image.fromarray(WIDE).convert("P", palette=Image.Palette.ADAPTIVE)))
    np.testing.assert_allclose(corners(palette), [RED, GREEN, BLUE, BLACK], atol=4)
    bits = reading.opened(saved(Image.fromarray(WIDE[..., 0]).convert("1", dither=Image.Dither.NONE)))
    assert set(np.unique(bits)) == {0, 1}


@pytest.mark.parametrize("ink", [0, 255])
def test_what_is_transparent_is_paper_on_which_the_rest_stands_out(ink):
    layered = np.zeros((20, 20, 4), np.uint8)
    layered[5:15, 8:12] = ink, ink, ink, 255
    picture = reading.opened(saved(layered))
    assert (picture[0, 0] == 1 - ink / 255).all() and (picture[10, 10] == ink / 255).all()
    grey = reading.opened(saved(Image.fromarray(layered).convert("LA")))
    np.testing.assert_array_equal(picture, grey)
    assert reading.digit(picture)[14, 14] > 200


def bomb(width, height):
    """A PNG that claims to be so large and has next to nothing in it."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 9))
        + chunk(b"IEND", b"")
    )


def moving(kind):
    frames = [Image.fromarray(np.full((9, 9, 3), tone, np.uint8)) for tone in (0, 90, 200)]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:])


NOISE = np.random.default_rng(1).integers(0, 255, (90, 90, 3), np.uint8)
REFUSED = {
    "text": (b"I swam across the river", "no PNG, JPEG or WebP"),
    "nothing": (b"", "no PNG, JPEG or WebP"),
    "a GIF": (saved(WIDE, "GIF"), "no PNG, JPEG or WebP"),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "no PNG, JPEG"),
    "half a picture": (saved(NOISE)[:9_000], "damaged"),
    "one pixel": (saved(WIDE[:1, :1]), "1 × 1 pixels: there is nothing to see"),
    "a line": (saved(WIDE[:1]), "nothing to see"),
    "a bomb": (bomb(50_000, 50_000), "far more than 16 million"),
    "17 megapixels": (bomb(4_300, 4_000), "4,300 × 4,000 pixels; at most 16 million"),
    "a warning's size": (bomb(10_000, 10_000), "at most 16 million"),
    "6 MB": (b"\x89PNG" + bytes(6_000_000), "6.0 MB; at most 5 MB"),
    "a moving PNG": (moving("PNG"), "moves: it has 3 frames"),
    "a moving WebP": (moving("WEBP"), "moves: it has 3 frames"),
    "an empty size": (bomb(0, 5), "no PNG, JPEG"),
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_picture_gets_a_sentence(data, reason):
    with pytest.raises(reading.NoPicture, match=reason) as refusal:
        reading.opened(data)
    assert str(refusal.value).endswith(".")


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=200), st.integers(0, 900), st.sampled_from(["PNG", "JPEG", "WEBP"]))
def test_a_damaged_file_is_read_or_refused_in_a_sentence(noise, place, kind):
    data = saved(WIDE, kind)
    damaged = data[:place] + noise + data[place + len(noise) :]
    try:
        assert reading.opened(damaged).ndim == 3
    except reading.NoPicture as reason:
        assert str(reason).endswith(".")


def test_a_large_photograph_is_kept_small():
    assert reading.opened(saved(np.zeros((1_500, 3_000, 3), np.uint8))).shape == (512, 1024, 3)


# ---- a digit ----

SEVEN = np.zeros((28, 28), np.uint8)
SEVEN[4:7, 5:22] = 255
for step in range(17):
    SEVEN[7 + step, 20 - step // 2 : 23 - step // 2] = 255


def scanned(digit, *, paper, ink, side=420, at=(90, 150), shadow=0.0):
    """The digit written large on paper, as a photograph of it."""
    field = np.full((600, 700), float(paper))
    stroke = np.asarray(Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)) / 255
    field[at[0] : at[0] + side, at[1] : at[1] + side] += stroke * (ink - paper)
    field *= 1 - shadow * np.linspace(0, 1, 700)
    return np.repeat(field.clip(0, 255)[..., None] / 255, 3, 2)


def test_a_digit_of_mnist_stays_as_it_is():
    ready = reading.digit(np.repeat(SEVEN[..., None] / 255, 3, 2))
    again = reading.digit(np.repeat(ready[..., None] / 255, 3, 2))
    assert np.abs(ready.astype(int) - again).mean() < 1


@pytest.mark.parametrize(
    "how",
    [
        {"paper": 230, "ink": 30},
        {"paper": 230, "ink": 30, "side": 180, "at": (400, 10)},
        {"paper": 20, "ink": 250},
        {"paper": 240, "ink": 140, "shadow": 0.5},
    ],
    ids=["dark on light", "small and in a corner", "light on dark", "pale, in a shadow"],
)
def test_a_photograph_of_a_digit_becomes_what_mnist_would_have_made_of_it(how):
    expected = reading.digit(np.repeat(SEVEN[..., None] / 255, 3, 2))
    found = reading.digit(scanned(SEVEN, **how))
    assert found.shape == (28, 28) and found.dtype == np.uint8
    rows, columns = np.flatnonzero(found.any(1)), np.flatnonzero(found.any(0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    middle = [found.sum(axis) @ np.arange(28) / found.sum() for axis in (1, 0)]
    np.testing.assert_allclose(middle, 14, atol=0.6)
    a, b = expected.ravel().astype(float), found.ravel().astype(float)
    assert np.corrcoef(a, b)[0, 1] > 0.9


@pytest.mark.parametrize(("shape", "reach"), [((40, 31), 13), ((9, 40), 7), ((5, 5), 3)])
@pytest.mark.parametrize("kind", [ImageFilter.MinFilter, ImageFilter.MaxFilter])
def test_many_small_neighbourhoods_are_a_large_one(kind, shape, reach):
    grey = Image.fromarray(np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8))
    assert np.array_equal(reading.wide(grey, kind, reach), grey.filter(kind(reach)))


@pytest.mark.parametrize("tone", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("shape", [(2, 2), (30, 40), (2, 900)])
def test_where_nothing_stands_out_the_sentence_says_so(tone, shape):
    with pytest.raises(reading.NoPicture, match="no digit stands out"):
        reading.digit(np.full((*shape, 3), tone, np.float32))


@settings(deadline=None, max_examples=80)
@given(st.integers(2, 60), st.integers(2, 60), st.integers(0, 2**32 - 1))
def test_of_any_picture_comes_a_digit_or_a_sentence(height, width, seed):
    picture = np.random.default_rng(seed).random((height, width, 3), np.float32)
    try:
        found = reading.digit(picture)
    except reading.NoPicture:
        return
    assert found.shape == (28, 28) and found.any()
