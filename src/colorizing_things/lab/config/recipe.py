"""A recipe and its stages, as data."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from .settings import Count, Positive, Settings, Share, Weight

OUTPUT_STRIDE = 4  # networks predict chroma at a quarter of the size: the eye asks for no more


class Component(Settings):
    """A network or a method by name, with its own settings beside it: ``{name: bottleneck, latent: 100}``."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(description="of the network or method")

    @property
    def settings(self) -> dict[str, Any]:
        """Its own settings, as the recipe gives them."""
        return dict(self.model_extra or {})


class DataSettings(Settings):
    """How batches are drawn from the photographs."""

    size: Annotated[int, Field(gt=0, multiple_of=32)] = Field(
        default=128, description="px, the square that the network sees, or the shorter side of what is no square"
    )
    aspects: Annotated[tuple[Positive, ...], Field(min_length=1)] = Field(
        default=(1.0,),
        description="width / height of the pictures of a batch, drawn from this list for each batch; one that is "
        "listed twice comes twice as often. Methods whose batches are squares take none but 1",
    )
    stored: Annotated[int, Field(ge=32)] | None = Field(
        default=None, description="px, shorter side that photographs are kept at; none: 144, or size if that is more"
    )
    batch_size: Count = Field(default=32, description="pictures a step, of each process")
    source_power: Weight = Field(
        default=0.6,
        description="a source of n pictures is drawn in proportion to n ** source_power (1: every picture alike; 0: "
        "every source alike)",
    )
    min_side: Annotated[int, Field(ge=0)] = Field(default=0, description="px; smaller pictures are left out")
    min_crop: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.65, description="smallest crop, as a share of the largest that fits"
    )
    views: Annotated[int, Field(ge=0)] = Field(
        default=0,
        description="cut every picture in so many ways, always the same, so that what a frozen encoder makes of them "
        "is computed once and kept in the user's cache; 0: another way each time. Of methods aae and vaegan alone",
    )
    degraded: Share = Field(default=0.3, description="share of the pictures that are made to look old")
    old_plates: Share = Field(
        default=0.0,
        description="share of the pictures whose lightness is what an old plate kept of their colours, blue-sensitive, "
        "orthochromatic or early panchromatic; only of methods that see pictures so",
    )
    limbs: str = Field(
        default="",
        description="file of where heads, arms, hands and legs are in the photographs (benchmarks/limbs.py makes it); "
        "only of methods that let skin weigh more",
    )
    held_out: Share = Field(
        default=0.0, description="share of the pictures that join dev, beside the two per cent that are always in it"
    )
    keep_colorless: bool = Field(
        default=False,
        description="also train on grey and tinted photographs, from which a network learns to colour less",
    )
    target_stride: Count = Field(default=OUTPUT_STRIDE, description="px of input a cell of the target's chroma")


class OptimizerSettings(Settings):
    """Rates; where a recipe gives none, the method's own."""

    lr: Positive | None = Field(default=None, description="learning rate of new layers")
    encoder_lr: Positive | None = Field(default=None, description="learning rate of the pretrained encoder")
    discriminator_lr: Positive | None = Field(default=None, description="learning rate of a discriminator")
    weight_decay: Weight | None = Field(default=None, description="of the network")
    freeze: tuple[str, ...] = Field(
        default=(),
        description="parameters of the network whose names begin so do not learn, as [encoder.stem, encoder.block1]; "
        "nothing is computed for them on the way back, where they are the first",
    )
    accumulate: Count = Field(
        default=1, description="batches whose gradients make one step, where memory has no room for one large batch"
    )
    warmup: Annotated[int, Field(ge=0)] = Field(default=200, description="steps in which the rates rise from nothing")
    final_lr: Share = Field(default=0.02, description="share of the rates that is left at the end of the cosine")
    ema: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.999, description="memory of the moving average of the weights, which is what is exported"
    )


class LogSettings(Settings):
    """What a run leaves, and how often."""

    log_every: Count = Field(default=50, description="steps from a printed line to the next")
    checkpoint_every: Count = Field(default=250, description="steps from a checkpoint to the next")
    sample_every: Count = Field(
        default=1000, description="steps from a sheet of twelve dev pictures, and figures on dev, to the next"
    )
    sample_minutes: Positive | None = Field(default=None, description="minutes between them, instead of steps")


class Stage(Settings):
    """Everything that one stretch of training needs; the defaults of every recipe."""

    network: Component = Field(default=Component(name="mobile-unet"), description="what is trained")
    method: Component = Field(
        default=Component(name="classes-and-regression"), description="what one step of training does"
    )
    steps: Count = Field(default=5000, description="steps of this stage")
    passes: tuple[Positive, Positive] | None = Field(
        default=None,
        description="[least, most] passes over the photographs, which bound the steps: few are not learnt by heart, "
        "and many are all seen",
    )
    seed: Annotated[int, Field(ge=0)] = Field(default=0, description="of the first weights, the batches and all draws")
    data: DataSettings = Field(default=DataSettings(), description="how batches are drawn")
    optimizer: OptimizerSettings = Field(default=OptimizerSettings(), description="rates, schedule and average")
    log: LogSettings = Field(default=LogSettings(), description="how often the run prints and saves")


class Recipe(Settings):
    """A named experiment: one line on what it is, its stages in order, and how the result is decoded."""

    name: str = ""
    summary: str = Field(default="", description="what it is, in one line")
    stages: tuple[Stage, ...] = (Stage(),)
    overrides: tuple[str, ...] = Field(default=(), description="what --set gave, in order")
    steps_factor: Positive = Field(default=1.0, description="factor on every stage's steps, from a budget of time")
    decoding: dict[str, Any] = Field(
        default={}, description="how the result becomes colours; the last stage's method's own"
    )
