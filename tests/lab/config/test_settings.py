from typing import Literal

import pytest

pytest.importorskip("torch")
from pydantic import Field

from colorizing_things.errors import SettingError
from colorizing_things.lab.config.settings import (
    Count,
    Settings,
    Share,
    arguments_of,
    descriptions,
    settings_of,
    validate,
)


class Group(Settings):
    share: Share = Field(default=0.5, description="of the pictures")
    many: Count = 3
    pair: tuple[float, float] = (0.0, 0.9)
    space: Literal["lab", "rgb"] = "lab"
    rate: float | None = None
    on: bool = False


class Outer(Settings):
    group: Group = Group()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"shore": 1}, "unknown setting 'shore' of data: choose share, many, pair, space, rate, on"),
        ({"share": 2}, "data.share 2: must be at most 1"),
        ({"share": float("nan")}, "data.share: nan is not finite"),
        ({"many": 0}, "data.many 0: must be 1 or more"),
        ({"many": 2.0}, "data.many: 2.0 is not a whole number"),
        ({"many": True}, "data.many: True is not a whole number"),
        ({"many": "3"}, "data.many: '3' is not a whole number"),
        ({"rate": "fast"}, "data.rate: 'fast' is not a number"),
        ({"on": 1}, "data.on: 1 is not true or false"),
        ({"pair": [0.1]}, "data.pair: too few or too many in the list"),
        ({"pair": [0.1, 0.2, 0.3]}, "data.pair: too few or too many in the list"),
        ({"pair": 0.1}, "data.pair: 0.1 is not a list"),
        ({"space": "hsv"}, "unknown space 'hsv': choose lab, rgb"),
    ],
)
def test_what_cannot_be_is_one_line(given, message):
    with pytest.raises(SettingError) as error:
        validate(Group, given, "data")
    assert str(error.value) == message


def test_what_can_be_is_taken():
    group = validate(Group, {"share": 1, "pair": [0.1, 0.2], "rate": None, "on": True})
    assert group == Group(share=1.0, pair=(0.1, 0.2), on=True)


def test_an_unknown_key_inside_a_group_lists_the_groups():
    with pytest.raises(SettingError, match="unknown setting 'shore' of group: choose share, many"):
        validate(Outer, {"group": {"shore": 1}})
    with pytest.raises(SettingError, match="group: 3 is not a table of settings"):
        validate(Outer, {"group": 3})


class Network:
    """A network.

    Args:
        size: of the square, px.
        width: factor on the channels; see :func:`.build`,
            with more of it on a second line.
        low, high: the ``limits``.
    """

    def __init__(self, size: int = 128, width: Share = 1.0, low: int = 0, high: int = 9) -> None:
        pass


def test_settings_are_read_from_signature_and_docstring():
    model = settings_of(Network)
    assert list(model.model_fields) == ["width", "low", "high"]  # the size is the data's
    found = {name: (kind, default, meaning) for name, kind, default, meaning in descriptions(model)}
    meaning = "factor on the channels; see build, with more of it on a second line"
    assert found["width"] == ("number, 0 to 1", "1", meaning)
    assert found["low"][2] == found["high"][2] == "the limits"
    with pytest.raises(SettingError, match="unknown setting 'wdth' of network x: choose width, low, high"):
        validate(model, {"wdth": 1}, "network", "network x")


def test_a_docstring_without_arguments_says_nothing():
    assert arguments_of("Nothing to say.") == {}
