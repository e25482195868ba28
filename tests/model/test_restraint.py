"""What has no colour gets none: borders, captions, drawings, dots, and what the network does not understand."""

import numpy as np
import pytest
from measures import chroma
from PIL import Image, ImageDraw
from skimage import data

from colorizing_things import Colorizer


@pytest.fixture(scope="module")
def colorizer():
    return Colorizer()


def gray(rgb):
    return np.asarray(Image.fromarray(rgb).convert("L"))


@pytest.mark.parametrize(("paper", "limit"), [(255, 0.1), (235, 2)])
def test_a_border_stays_paper(colorizer, paper, limit):
    page = np.full((700, 800), paper, np.uint8)
    page[100:612, 150:662] = gray(data.astronaut())
    border = np.ones(page.shape, bool)
    border[85:627, 135:677] = False
    found = chroma(colorizer(page))
    assert found[border].mean() < limit
    assert found[~border].mean() > 2  # the photograph inside is coloured all the same


def test_text_and_drawings_stay_black_and_white(colorizer):
    text = Image.new("L", (600, 800), 255)
    pen = ImageDraw.Draw(text)
    for y in range(20, 780, 14):
        pen.text((30, y), "The quick brown fox jumps over the lazy dog, again and again", fill=0)
    drawing = Image.new("L", (600, 600), 255)
    pen = ImageDraw.Draw(drawing)
    pen.ellipse((100, 100, 500, 500), outline=0, width=4)
    pen.rectangle((200, 350, 400, 450), outline=0, width=3)
    for picture in (text, drawing):
        assert chroma(colorizer(np.asarray(picture))).mean() < 0.5


def test_halftone_dots_stay_neutral(colorizer):
    shades = gray(data.coffee()).astype(float)
    y, x = np.indices(shades.shape)
    screen = (np.sin(x * np.pi / 3) * np.sin(y * np.pi / 3) + 1) / 2 * 255
    dots = np.where(shades > screen, 255, 0).astype(np.uint8)
    assert chroma(colorizer(dots)).mean() < 0.5


def test_what_is_no_picture_comes_out_muted(colorizer):
    noise = np.random.default_rng(0).integers(0, 255, (400, 400), dtype=np.uint8)
    assert chroma(colorizer(noise)).mean() < 0.6 * chroma(colorizer(gray(data.coffee()))).mean()
