import numpy as np
import pytest

torch = pytest.importorskip("torch")
from tiny import make_batch, make_method, steps, tiny_stage

from colorizing_things.lab.config.recipe import Recipe
from colorizing_things.lab.data.photographs import open_photographs
from colorizing_things.lab.export import export
from colorizing_things.lab.methods.distil import answers, measure_agreement
from colorizing_things.lab.metrics.features import feature_network
from colorizing_things.lab.networks.checkpoints import load_network
from colorizing_things.lab.networks.encoders import build_encoder
from colorizing_things.lab.networks.gray_classifier import GrayClassifier
from colorizing_things.lab.training.loop import train
from colorizing_things.lab.training.settings import RunSettings


def test_the_teacher_answers_as_the_benchmarks_network():
    rgb = torch.rand(2, 3, 224, 224)
    features, logits, _ = answers(feature_network(), rgb, 224)
    expected = feature_network()(rgb * 255)
    torch.testing.assert_close(features, expected, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(logits.softmax(1), feature_network().classify(expected), atol=1e-5, rtol=1e-3)


def test_the_student_learns_what_the_teacher_says():
    stage = tiny_stage("distil-vgg16", "network.width=0.25", "shrink=1")
    logged = steps(make_method(stage), stage, 25)
    assert logged[-1]["distillation"] < 0.6 * logged[0]["distillation"]
    assert logged[-1]["features"] < 0.8 * logged[0]["features"]


def test_the_teacher_is_left_alone_and_sees_colour():
    stage = tiny_stage("distil-vgg16")
    method, batch = make_method(stage), make_batch(stage)
    before = [p.clone() for p in method.teacher.parameters()]
    gray = batch._replace(ab=torch.zeros_like(batch.ab))
    torch.manual_seed(0)
    colorful = method.step(batch)["distillation"]
    assert all(torch.equal(a, b) for a, b in zip(before, method.teacher.parameters(), strict=True))
    torch.manual_seed(0)
    assert make_method(stage).step(gray)["distillation"] != colorful
    assert not any(p.requires_grad for p in method.teacher.parameters())


def test_agreement_on_photographs_is_a_share_and_whole_for_the_teacher_itself(photographs):
    pictures = open_photographs(photographs).train
    found = measure_agreement(GrayClassifier(width=0.0625), pictures, 64, shrink=2, teacher_size=64)
    assert 0 <= found["agreement_top1"] <= found["agreement_top5"] <= 1

    class Itself(torch.nn.Linear):
        """Says what the teacher says of the grey picture: right wherever colour does not matter to it."""

        def forward(self, L):
            return answers(feature_network(), L.repeat(1, 3, 1, 1) / 100, 96)

    found = measure_agreement(Itself(1, 1), pictures, 96, teacher_size=96)
    assert found["agreement_top5"] > 0.4


def test_a_run_becomes_the_encoder_that_recipes_start_from(photographs, tmp_path, monkeypatch):
    small = Recipe(name="distil-vgg16", summary="a test", stages=(tiny_stage("distil-vgg16", "steps=2"),))
    large = Recipe(name="distil-vgg16", summary="a test", stages=(tiny_stage("distil-vgg16", "steps=2", "shrink=1"),))
    train(small, RunSettings(data=photographs, out=tmp_path / "small", precision="32-true"))
    first = tmp_path / "small" / "last.ckpt"
    train(large, RunSettings(data=photographs, out=tmp_path / "run", precision="32-true", start=first))
    monkeypatch.chdir(tmp_path)
    assert export(tmp_path / "run", tmp_path / "models") == tmp_path / "models"
    encoder = build_encoder("vgg16", "distilled", 0.125).eval()
    network, _ = load_network(tmp_path / "run")
    L = torch.rand(1, 1, 64, 64) * 100
    with torch.no_grad():
        for ours, theirs in zip(encoder(L), network.encoder(L), strict=True):
            assert (ours - theirs).abs().max() < 0.02 * theirs.abs().max()  # stored in half precision
    assert np.isfinite(ours.numpy()).all()
