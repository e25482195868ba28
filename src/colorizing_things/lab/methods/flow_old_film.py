"""A trained flow learns people and old film, and stays as bold as it is.

Guidance pushes what a flow says of a picture away from what it would say of any. A network that has it baked in and
learns true colours by mean square unlearns it: what is left is the safe, warm mean of what may have been. So what
is compared here is not the truth c but what guidance makes of it, e = w c - (w - 1) u, with w the guidance and u the
average colour of photographs. Of what film has lost nothing can be known, so there it learns what it says of the same
picture, clean. Skin weighs more: what is coloured like skin on the limbs that were found (``data.limbs``), else all
that is coloured like a face found.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple, cast

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from colorizing_things.errors import SettingError
from colorizing_things.lab.config.settings import Positive, Share
from colorizing_things.lab.data.chance import Chance
from colorizing_things.lab.data.crops import Crops, cut, cut_planes
from colorizing_things.lab.data.film import on_film
from colorizing_things.lab.data.planes import to_lab
from colorizing_things.lab.data.simulated_hints import simulate_known_places
from colorizing_things.lab.decoding.flow import Times
from colorizing_things.lab.metrics.faces import find_faces, middle_color, missing_opencv
from colorizing_things.lab.networks.flow import AB_SCALE, FIELD_STRIDE, OUTPUT_STRIDE, Flow, Seen, draw

from .flow_finetuning import FlowFinetuning

SKIN_CHROMA, SKIN_HUE = (9.0, 42.0), (15.0, 78.0)  # ab units and degrees: of faces that are believed
NEAR = 8.0  # ab units (one sigma): how like its face a place must be
DARKER, LIGHTER = 35.0, 25.0  # L* units: than its face, at most


class Lessons(NamedTuple):
    """A batch: what is seen and what is wanted. The first of the N pictures are seen twice, clean and on film.

    Attributes:
        L: lightness, 0..100: of all N pictures clean, then of the first W on film, ``[N+W,1,H,W]``.
        field: true colours at stride 8, ab / 20, ``[N,2,h,w]``.
        known, mask: colours that are given (:func:`.simulate_known_places`), ab / 20, ``[N,...]``.
        skin: how sure it is that a place is skin, 0..1, ``[N,1,h,w]``.
    """

    L: Tensor
    field: Tensor
    known: Tensor
    mask: Tensor
    skin: Tensor


class FlowOldFilm(FlowFinetuning):
    """Only the denoiser learns."""

    def prepare(  # type: ignore[override]
        self, hinted: Share = 0.3, variants: Share = 0.1, film: Share = 0.6, skin: Positive = 3.0,
        kept: Share = 0.0, guidance: Annotated[float, Field(ge=1)] = 1.5, average: tuple[float, float] = (1.1, 5.9),
        times: Times = (0.0, 0.3),
    ) -> None:  # fmt: skip
        """What is shown, and what is asked.

        Args:
            hinted: share of the pictures that come with known places.
            variants: share of the pictures that start from noise.
            film: share of the pictures that are seen a second time, worn and on an old plate.
            skin: weight of skin; all else weighs 1.
            kept: how much of what it said at the start of all but skin it is to go on saying; the rest is the truth.
            guidance: how far the network's answers are taken to be pushed away from the average colour.
            average: that colour, CIELAB a and b; of the pictures that the bundled weights were tuned on.
            times: when on the way the network is asked, as it is when it colours.

        Raises:
            SettingError: no limbs are given, and OpenCV, which finds the faces, is missing.
        """
        if not self.stage.data.limbs and (reason := missing_opencv()):
            raise SettingError(f"method flow-old-film finds faces: {reason}")
        self.hinted, self.variants, self.film, self.times = hinted, variants, film, times
        self.skin, self.kept = skin, kept
        self.guidance, self.average = guidance, torch.tensor(average).view(1, 2, 1, 1) / AB_SCALE
        self.learn(("denoiser.",))

    def step(self, batch: Crops) -> dict[str, Tensor]:
        """One step: the last pictures of the batch from noise, all others, and those on film, from none."""
        lessons, network = self.lessons(batch), self.tuned
        number = len(lessons.field)
        twice, plain = len(lessons.L) - number, number - round(self.variants * number)
        known, mask = (torch.cat([given, given[:twice]]) for given in (lessons.known, lessons.mask))
        start = torch.zeros_like(known)
        start[plain:number] = Chance(number - plain, start.device).uniform() * torch.randn_like(start[plain:number])
        # A block of its own: in torch 2.8 weights that autocast has brought down without gradients get none later on.
        with torch.no_grad(), self.fabric.autocast():
            seen = self.see(lessons.L)
            drawn = self.drawn(seen, start, known, mask, slice(plain, number))
            wanted = self.wanted(seen, lessons, plain)
        with self.fabric.autocast():
            end = draw(network.denoiser, seen, start, known, mask, self.times)
        end, weight = end.float(), 1 + (self.skin - 1) * lessons.skin
        losses = {
            "clean": (weight[:plain] * (end[:plain] - wanted).square()).mean((1, 2, 3)),
            "film": (weight[:twice] * (end[number:] - end[:twice].detach()).square()).mean((1, 2, 3)),
            "draws": (end[plain:number] - drawn).square().mean((1, 2, 3)),
        }
        # An answer is off by guidance times what the mean that it implies is off by.
        self.optimize("network", torch.cat(list(losses.values())).mean() / self.guidance**2)
        return {name: loss.detach().mean() for name, loss in losses.items() if len(loss)}

    def wanted(self, seen: Seen, lessons: Lessons, count: int) -> Tensor:
        """What the first pictures are to end in: the truth, pushed as far as it is; or, in part, as they ended."""
        truth = pushed(lessons.field[:count], self.guidance, self.average.to(lessons.field))
        if not self.kept:
            return truth
        some, known, mask = Seen(*(part[:count] for part in seen)), lessons.known[:count], lessons.mask[:count]
        teacher = cast(Flow, self.teachers["start"]).denoiser
        before = draw(teacher, some, torch.zeros_like(known), known, mask, self.times).float()
        return torch.lerp(truth, before, self.kept * (1 - lessons.skin[:count]))

    @torch.no_grad()
    def lessons(self, crops: Crops) -> Lessons:
        """Cut a batch, see it clean and some of it on film, find skin, and give some of its colours away."""
        rgb, chance = cut(crops), Chance(len(crops.pixels), crops.pixels.device)
        L, ab = to_lab(rgb, OUTPUT_STRIDE)
        field = F.avg_pool2d(ab, FIELD_STRIDE // OUTPUT_STRIDE)
        if crops.limbs is None:
            skin = skin_of(rgb, L, field)
        else:
            skin = F.avg_pool2d(cut_planes(crops.limbs, crops), FIELD_STRIDE) * like_skin(L, field)
        known, mask = simulate_known_places(field, torch.zeros_like(skin), self.hinted, chance)
        twice = round(self.film * len(rgb))
        worn = on_film(rgb[:twice], crops.plates[:twice], self.stage.data.degraded, Chance(twice, rgb.device))
        return Lessons(torch.cat([L, worn]), field / AB_SCALE, known / AB_SCALE, mask, skin)


def pushed(mean: Tensor, guidance: float, average: Tensor) -> Tensor:
    """What a guided network answers that means this: away from the average; all of one scale, ``[N,2,h,w]``."""
    return guidance * mean - (guidance - 1) * average


def like_skin(L: Tensor, field: Tensor) -> Tensor:
    """How surely a place has a colour that skin may have, 0..1 ``[N,1,h,w]``: bare limbs, but not sleeves.

    Args:
        L: lightness ``[N,1,H,W]``, 0..100.
        field: colours at stride 8, CIELAB ab ``[N,2,h,w]``.
    """
    chroma = field.norm(dim=1, keepdim=True)
    hue = torch.rad2deg(torch.atan2(field[:, 1:], field[:, :1]))
    pale, rich = ((chroma - 7) / 4).clamp(0, 1), ((46 - chroma) / 6).clamp(0, 1)
    lit = ((F.avg_pool2d(L, FIELD_STRIDE) - 12) / 8).clamp(0, 1)
    like: Tensor = pale * rich * lit * ((hue > SKIN_HUE[0]) & (hue < SKIN_HUE[1]))
    return like


def skin_of(rgb: Tensor, L: Tensor, field: Tensor) -> Tensor:
    """How much each place is coloured like a face of its picture, 0..1: where nobody has looked for limbs.

    A face is found if it is 28 px wide, so of 192 px a portrait's, and hardly any of people who stand back.

    Args:
        rgb: sRGB ``[N,3,H,W]``, 0..1.
        L: its lightness ``[N,1,H,W]``, 0..100.
        field: its colours at stride 8, CIELAB ab ``[N,2,h,w]``.

    Returns:
        ``[N,1,h,w]``; zeros where no face is found.
    """
    skin, lightness = torch.zeros_like(field[:, :1]), F.avg_pool2d(L, FIELD_STRIDE)
    pixels = (rgb * 255).round().byte().cpu()
    for number, picture in enumerate(pixels):
        own_L, own_ab = to_lab(rgb[number : number + 1], 1)
        for box in find_faces(picture):
            a, b = middle_color(torch.cat([own_L, own_ab], 1)[0], box)
            x, y, width, height = box
            bright = own_L[0, 0, y : y + height, x : x + width].median()
            chroma, hue = torch.tensor([a, b]).norm(), torch.rad2deg(torch.atan2(torch.tensor(b), torch.tensor(a)))
            if not (SKIN_CHROMA[0] < chroma < SKIN_CHROMA[1] and SKIN_HUE[0] < hue < SKIN_HUE[1]):
                continue
            far = (field[number] - field.new_tensor([a, b]).view(2, 1, 1)).square().sum(0, keepdim=True)
            lit = (lightness[number] > bright - DARKER) & (lightness[number] < bright + LIGHTER)
            skin[number] = torch.maximum(skin[number], torch.exp(-far / (2 * NEAR**2)) * lit)
    return skin
