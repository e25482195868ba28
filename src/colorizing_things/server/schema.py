"""The words of the HTTP API. What the options mean and which values work is :mod:`colorizing_things.options`' to say;
the ranges here only tell OpenAPI's readers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field

from colorizing_things.color.look import MOST_SATURATION, Look
from colorizing_things.guidance.guide import Guide
from colorizing_things.guidance.hints import Hint, Reach
from colorizing_things.imaging.picture import Picture
from colorizing_things.imaging.writing import FORMATS
from colorizing_things.options import LARGEST, SMALLEST, ColorOptions, OutputOptions

MOST_HINTS = 500
MOST_FILM_HINTS = 50  # each is followed through its shot before the work begins
MOST_VARIANTS = 16  # variants: each takes the network several times
SEEDS = 2**53  # JSON's numbers are exact up to here


def _documented_range(minimum: float, maximum: float | None = None) -> Any:
    """A range for the reader; the core checks it, and says in its own words what is wrong."""
    bounds: dict[str, Any] = {"minimum": minimum} if maximum is None else {"minimum": minimum, "maximum": maximum}

    def add(schema: dict[str, Any]) -> None:
        target = next((kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"), schema)
        target.update(bounds)

    return add


class StrictModel(BaseModel):
    """A misspelt option is an error."""

    model_config = ConfigDict(extra="forbid")


class LookFields(StrictModel):
    """The colours' look."""

    saturation: Annotated[
        float, Field(description="Multiplies chroma.", json_schema_extra=_documented_range(0, MOST_SATURATION))
    ] = 1.0
    strength: Annotated[
        float, Field(description="0 (grey) to 1 (full colour).", json_schema_extra=_documented_range(0, 1))
    ] = 1.0
    warmth: Annotated[
        float, Field(description="-1 (blue) to 1 (yellow).", json_schema_extra=_documented_range(-1, 1))
    ] = 0.0

    def look(self) -> Look:
        """As the core has it.

        Raises:
            SettingError: a value out of range.
        """
        return Look(self.saturation, self.strength, self.warmth)


class OutputFields(StrictModel):
    """The file's encoding."""

    format: Annotated[
        str | None,
        Field(description=f"One of {', '.join(FORMATS)}; the original's own where left out."),
    ] = None
    quality: Annotated[
        int | None, Field(description="Of lossy formats, 1 to 100.", json_schema_extra=_documented_range(1, 100))
    ] = None
    provenance: Annotated[bool, Field(description="Say in the metadata that the colours are machine-made.")] = True

    def output(self) -> OutputOptions:
        """As the core has it.

        Raises:
            SettingError: an unknown format, or a quality out of range.
        """
        return OutputOptions(self.format, self.quality, self.provenance)


Seed = Annotated[int, Field(ge=0, le=SEEDS, description="Which colouring, and which set of variants.")]
Mood = Annotated[
    float | None,
    Field(
        description="Of a model that has one: 0 (the mean of all colourings) to 1 (one of them); the model's own.",
        json_schema_extra=_documented_range(0, 1),
    ),
]
Count = Annotated[
    int,
    Field(
        le=MOST_VARIANTS,
        description="How many variants to draw.",
        json_schema_extra=_documented_range(1, MOST_VARIANTS),
    ),
]


class ColorizeForm(LookFields, OutputFields):
    """A picture, and how it shall look."""

    file: Annotated[UploadFile, Field(description="The picture.")]
    size: Annotated[
        int | None,
        Field(
            description="Shorter side in pixels at which the network sees it; the model's default where left out.",
            json_schema_extra=_documented_range(SMALLEST, LARGEST),
        ),
    ] = None
    hint: Annotated[
        list[str], Field(max_length=MOST_HINTS, description="X,Y=#rrggbb in the upright picture's own pixels.")
    ] = []
    reference: Annotated[UploadFile | None, Field(description="A colour picture whose palette is taken over.")] = None
    variant: Annotated[
        int | None, Field(ge=0, description="Which of the variants, 0 the likeliest; the plain colours if left out.")
    ] = None
    variants: Count = 6
    mood: Mood = None
    seed: Seed = 0

    def options(self, reference: Picture | None) -> ColorOptions:
        """As the core has it; ``reference`` is the picture in the upload of that name.

        Raises:
            SettingError: a value out of range, or a hint that cannot be understood.
        """
        return ColorOptions(self.size, self.mood, self.seed, Guide.of(self.hint, None, reference), self.look())


class PictureForm(StrictModel):
    """A picture."""

    file: Annotated[UploadFile, Field(description="The picture.")]


class FilmForm(StrictModel):
    """A film."""

    file: Annotated[UploadFile, Field(description="The film.")]


class HintPoint(StrictModel):
    """The colour of one place, in the upright picture's own pixels; the colour's own lightness is ignored."""

    x: float
    y: float
    color: Annotated[str, Field(examples=["#7a4a2b"], max_length=7)]
    reach: Annotated[Reach, Field(description="How far the colour goes.")] = "object"

    def hint(self) -> Hint:
        """As the core has it.

        Raises:
            SettingError: no colour.
        """
        return Hint.of_color(self.x, self.y, self.color, self.reach)


class Variant(StrictModel):
    """One of the ``count`` variants of a seed; index 0 is what is shown without one."""

    seed: Seed
    index: Annotated[int, Field(ge=0)]
    count: Count


class HintsBody(StrictModel):
    """What a user has detail about the colours so far."""

    hints: Annotated[list[HintPoint], Field(max_length=MOST_HINTS)] = []
    mood: Mood = None

    def points(self) -> list[Hint]:
        """The hints as the core has them."""
        return [point.hint() for point in self.hints]


class PredictBody(HintsBody):
    """Which colours."""

    seed: Seed = 0
    variant: Variant | None = None


class VariantsBody(HintsBody):
    """How many variants, and which."""

    count: Count = 6
    seed: Seed = 0


class RenderBody(PredictBody, LookFields, OutputFields):
    """Which colours, how they look, and what file to make of them."""

    layer: Annotated[
        Literal["picture", "color"],
        Field(description="The picture; or its colour alone, as a transparent PNG to lie over the original."),
    ] = "picture"


class FilmHintPoint(HintPoint):
    """The colour of one place at a moment, which holds for its shot."""

    time: Annotated[float, Field(ge=0, allow_inf_nan=False, description="Seconds from the film's start.")]


class FilmBody(LookFields):
    """How a film is coloured."""

    hints: Annotated[list[FilmHintPoint], Field(max_length=MOST_FILM_HINTS)] = []
    mood: Mood = None
    seed: Seed = 0


class FilmInfo(BaseModel):
    """A film."""

    id: str
    name: str
    width: Annotated[int, Field(description="Upright, in pixels of its own, as all coordinates are.")]
    height: int
    seconds: Annotated[float | None, Field(description="Where the file says how long it is.")]
    rate: Annotated[float, Field(description="Frames a second, on average.")]
    frames: Annotated[int | None, Field(description="About how many there are.")]
    colored: Annotated[bool, Field(description="Whether there is a coloured film to be fetched.")]
    expires_in: Annotated[float, Field(description="Seconds without use after which it is dropped.")]


class Shot(BaseModel):
    """A shot, by one of its frames."""

    time: Annotated[float, Field(description="Of that frame, in seconds from the film's start.")]
    thumbnail: Annotated[str, Field(description="That frame, coloured: a small JPEG in base64.")]


class Shots(BaseModel):
    """The shots of a film, the first hundred."""

    shots: list[Shot]


class FilmWaiting(BaseModel):
    """Others are coloured before it, or it is being looked into."""

    state: Literal["waiting"] = "waiting"


class FilmProgress(BaseModel):
    """How far a film is."""

    state: Literal["working"] = "working"
    frames: int
    expected: Annotated[int | None, Field(description="About how many there will be.")]
    shot: Annotated[int, Field(description="The first is 1.")]
    rate: Annotated[float, Field(description="Frames a second.")]
    seconds_left: int | None


class FilmDone(BaseModel):
    """It can be fetched."""

    state: Literal["done"] = "done"
    name: str
    bytes: int
    frames: int
    shots: int
    damaged: Annotated[int, Field(description="Frames passed through grey.")]
    lost: Annotated[int, Field(description="Packets of which nothing could be made.")]
    other_sizes: Annotated[int, Field(description="Frames of another size than the first, brought to it.")]
    broken_off: Annotated[bool, Field(description="The film's file ends in the middle.")]


class FilmFailed(BaseModel):
    """It cannot be coloured. The answer had begun: its own status could say nothing any more."""

    state: Literal["failed"] = "failed"
    status: Annotated[int, Field(description="As an answer of its own would have had.")]
    detail: Annotated[str, Field(description="One line: what, where, what to do.")]


class SessionInfo(BaseModel):
    """A session."""

    id: str
    name: str
    width: Annotated[int, Field(description="Upright, in pixels, as all coordinates are.")]
    height: int
    kind: Annotated[str, Field(description="The file's format.", examples=["jpeg"])]
    pages: int
    has_alpha: bool
    default_size: Annotated[int, Field(description="Shorter side in pixels at which the network sees it.")]
    can: Annotated[list[str], Field(description="Among hints, variants, reference, confidence, palette, mood.")]
    mood: Annotated[float, Field(description="The model's own, where it has one.")]
    expires_in: Annotated[float, Field(description="Seconds without use after which it is dropped.")]


class VariantsAnswer(BaseModel):
    """Variants, likeliest first; each is base64 of float32 little-endian planes a and b."""

    width: int
    height: int
    variants: list[str]


class PaletteColor(BaseModel):
    """A likely colour of a place, at the place's own lightness."""

    hex: str
    a: float
    b: float
    probability: float


class Palette(BaseModel):
    """Likely colours of a place, likeliest first."""

    colors: list[PaletteColor]


class Model(BaseModel):
    """A bundled model, from its card."""

    name: str
    summary: str
    method: str
    parameters: int
    licence: str
    default_size: int
    can: list[str]
    training: dict[str, Any]
    scores: dict[str, Any]
    intended_use: str
    known_failures: list[str]


class Models(BaseModel):
    """The bundled models, and the name of the one that this server colours with."""

    current: str
    models: list[Model]


class Health(BaseModel):
    """That the server is up."""

    status: Literal["ok"] = "ok"
