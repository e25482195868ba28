"""A trained flow learns to be as bold on old and worn film as it is on clean pictures, and that skin is skin.

Of what film has lost, a network that learns true colours makes the mean of what may have been: grey faces, brown rooms.
So it learns what a copy of it says of the clean picture, seen through film; only skin and saturated colours are the
photograph's own, and weigh more. What skin is, the faces found in a picture say: all that is coloured like one of them.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from colorizing_things.errors import SettingError
from colorizing_things.lab.config.settings import Positive, Share
from colorizing_things.lab.data.chance import Chance
from colorizing_things.lab.data.crops import Crops, cut
from colorizing_things.lab.data.film import on_film
from colorizing_things.lab.data.planes import to_lab
from colorizing_things.lab.data.simulated_hints import simulate_known_places
from colorizing_things.lab.decoding.flow import Times
from colorizing_things.lab.metrics.faces import find_faces, middle_color, missing_opencv
from colorizing_things.lab.networks.flow import AB_SCALE, FIELD_STRIDE, OUTPUT_STRIDE, Flow, draw

from .flow_finetuning import FlowFinetuning

SKIN_CHROMA, SKIN_HUE = (9.0, 42.0), (15.0, 78.0)  # ab units and degrees: of faces that are believed
NEAR = 8.0  # ab units (one sigma): how like its face a place must be
DARKER, LIGHTER = 35.0, 25.0  # L* units: than its face, at most
COOL, RED, RICH = (6.0, 12.0), (16.0, 28.0), (34.0, 44.0)  # chroma from which colours of a kind count, and count wholly
COOL_HUE, RED_HUE = (105.0, 292.0), (338.0, 58.0)  # degrees; the rest is tan and violet, of which there is enough


class Lessons(NamedTuple):
    """A batch: what is seen and what is wanted.

    Attributes:
        clean, worn: L ``[N,1,H,W]``, 0..100, as the picture has it and as film kept it.
        field: true colours at stride 8, ab / 20, ``[N,2,h,w]``.
        known, mask: colours that are given (:func:`.simulate_known_places`), ab / 20.
        skin, vivid: how far a place is to learn its true colour for one reason or the other, 0..1, ``[N,1,h,w]``.
    """

    clean: Tensor
    worn: Tensor
    field: Tensor
    known: Tensor
    mask: Tensor
    skin: Tensor
    vivid: Tensor


class FlowOldFilm(FlowFinetuning):
    """Only the denoiser learns."""

    def prepare(  # type: ignore[override]
        self, hinted: Share = 0.3, variants: Share = 0.25, truth: Share = 0.15, skin: Positive = 5.0,
        vivid: Positive = 2.5, times: Times = (0.0, 0.3),
    ) -> None:  # fmt: skip
        """What is shown, and what is asked.

        Args:
            hinted: share of the pictures that come with known places.
            variants: share of the pictures that start from noise.
            truth: share of the true colours in what is learnt where nothing else is said.
            skin: weight of skin; all else weighs 1.
            vivid: weight of cool, red and rich colours.
            times: when on the way the network is asked, as it is when it colours.

        Raises:
            SettingError: OpenCV, which finds the faces, is missing.
        """
        if reason := missing_opencv():
            raise SettingError(f"method flow-old-film finds faces: {reason}")
        self.hinted, self.variants, self.truth, self.times = hinted, variants, truth, times
        self.skin, self.vivid = skin, vivid
        self.learn(("denoiser.",))

    def step(self, batch: Crops) -> dict[str, Tensor]:
        """One step: the first pictures of the batch, which are as random as any, from noise; the others from none."""
        lessons, network = self.lessons(batch), self.tuned
        number = round(self.variants * len(lessons.clean))
        start = torch.zeros_like(lessons.field)
        if number:
            start[:number] = Chance(number, start.device).uniform() * torch.randn_like(start[:number])
        with self.fabric.autocast():
            with torch.no_grad():
                teacher = cast(Flow, self.teachers["start"])
                said = draw(
                    teacher.denoiser, teacher.see(lessons.clean), start, lessons.known, lessons.mask, self.times
                )
                seen = network.see(lessons.worn)
            end = draw(network.denoiser, seen, start, lessons.known, lessons.mask, self.times)
        vivid = lessons.vivid.clone()
        vivid[:number] = 0  # a draw is one of many; only skin is as it is
        own = lessons.skin + vivid
        goal = torch.lerp(said.float(), lessons.field, self.truth)
        goal[:number] = said[:number].float()
        goal = torch.lerp(goal, lessons.field, own)
        weight = 1 + (self.skin - 1) * lessons.skin + (self.vivid - 1) * vivid
        loss = (weight * (end.float() - goal).square()).mean()
        self.optimize("network", loss)
        return {"field": loss.detach()}

    @torch.no_grad()
    def lessons(self, crops: Crops) -> Lessons:
        """Cut a batch, see it clean and on film, find skin and what is vivid, and give some of its colours away."""
        rgb, chance = cut(crops), Chance(len(crops.pixels), crops.pixels.device)
        L, ab = to_lab(rgb, OUTPUT_STRIDE)
        field = F.avg_pool2d(ab, FIELD_STRIDE // OUTPUT_STRIDE)
        skin = skin_of(rgb, L, field)
        known, mask = simulate_known_places(field, torch.zeros_like(skin), self.hinted, chance)
        worn = on_film(rgb, crops.plates, self.stage.data.degraded, chance)
        vivid = vivid_of(field) * (1 - skin)
        return Lessons(L, worn, field / AB_SCALE, known / AB_SCALE, mask, skin, vivid)


def skin_of(rgb: Tensor, L: Tensor, field: Tensor) -> Tensor:
    """How much each place is coloured like a face of its picture, 0..1.

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


def vivid_of(field: Tensor) -> Tensor:
    """How much each colour of ``[N,2,h,w]``, CIELAB ab, is cool, red or rich, 0..1 ``[N,1,h,w]``."""
    chroma = field.norm(dim=1, keepdim=True)
    hue = torch.rad2deg(torch.atan2(field[:, 1:], field[:, :1])) % 360
    cool = _ramp(chroma, COOL) * ((hue > COOL_HUE[0]) & (hue < COOL_HUE[1]))
    red = _ramp(chroma, RED) * ((hue > RED_HUE[0]) | (hue < RED_HUE[1]))
    return torch.maximum(torch.maximum(cool, red), _ramp(chroma, RICH))


def _ramp(chroma: Tensor, between: tuple[float, float]) -> Tensor:
    return ((chroma - between[0]) / (between[1] - between[0])).clamp(0, 1)
