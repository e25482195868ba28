"""Steps within a budget of wall time."""

import dataclasses
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")
from tiny import tiny_stage

from colorizing_things.lab.config.recipe import Recipe, Stage
from colorizing_things.lab.training import budget
from colorizing_things.lab.training.budget import RESERVE, Budget, going_on
from colorizing_things.lab.training.loop import train
from colorizing_things.lab.training.settings import RunSettings

ONE_PROCESS = SimpleNamespace(broadcast=lambda value: value, device=torch.device("cpu"))


def two_stages(*steps):
    return Recipe(name="two", stages=tuple(Stage(steps=n) for n in steps))


@pytest.fixture
def clock(monkeypatch):
    """A time that passes only where a test says so."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(budget, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def run_within(fitted, recipe, clock, seconds_of):
    """The recipe at its end, whose steps take what ``seconds_of`` (stage, step) says, and the seconds of each stage."""
    spent = []
    for number in range(len(recipe.stages)):
        began, step = clock.now, 0
        recipe = fitted.begin(recipe, number)
        while step < recipe.stages[number].steps and clock.now < fitted.deadline:
            clock.now += seconds_of(number, step)
            step += 1
            recipe = fitted.refit(recipe, number, step)
        spent.append(clock.now - began)
    return recipe, spent


@pytest.mark.parametrize(
    ("seconds_of", "tried"),
    [
        pytest.param(lambda _, step: 1.0 if step < 100 else 0.05, 1.0, id="a cache that is cold at first"),
        pytest.param(lambda _, step: 0.02 if step < 100 else 0.3, 0.02, id="a critic that learns first"),
        pytest.param(lambda *_: 0.1, 2.0, id="a machine that was busy at first"),
        pytest.param(lambda _, step: 5.0 if step % 250 == 249 else 0.2, 0.2, id="sheets between the steps"),
    ],
)
def test_a_run_ends_near_its_budget_whatever_the_first_steps_took(clock, seconds_of, tried):
    seconds = 1000.0
    fitted = Budget(ONE_PROCESS, two_stages(20000), [tried], clock.now + seconds)
    recipe, (spent,) = run_within(fitted, fitted.fit(), clock, seconds_of)
    assert (1 - 1.2 * RESERVE) * seconds < spent < seconds
    assert recipe.steps_factor == pytest.approx(recipe.stages[0].steps / 20000, rel=0.01)


def test_stages_share_the_budget_as_the_recipe_says(clock):
    """Three of four steps are the first stage's; a step of the second takes three times as long."""
    fitted = Budget(ONE_PROCESS, two_stages(3000, 1000), [1.0, 0.3], clock.now + 600)
    recipe, spent = run_within(fitted, fitted.fit(), clock, lambda number, _: (0.1, 0.3)[number])
    first, second = [stage.steps for stage in recipe.stages]
    assert 450 < sum(spent) < 600
    assert spent[0] == pytest.approx(first * 0.1)  # what is said of it is what was done
    assert 2.5 < first / second < 3.5


def test_a_run_that_goes_on_has_the_steps_that_it_had(clock):
    recipe = two_stages(3000, 1000)
    fitted = Budget(ONE_PROCESS, recipe, [0.1, 0.1], clock.now + 100)
    run = fitted.fit()
    clock.now += 90
    run = fitted.begin(run, 1)
    saved = {"recipe": run.model_dump(), "stage": 1}
    assert [stage.steps for stage in going_on(recipe, saved).stages] == [stage.steps for stage in run.stages]
    assert run.stages[1].steps < 100 < run.stages[0].steps


def test_a_run_does_a_step_however_little_time_it_has(photographs, tmp_path, monkeypatch, capsys):
    """And keeps features of its own network alone, not of that by which its steps were timed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    recipe = Recipe(name="aae-hinge", stages=(tiny_stage("aae-hinge", "views=2"),))
    out = tmp_path / "run"
    train(recipe, RunSettings(data=photographs, out=out, precision="32-true", seconds=0.01))
    saved = torch.load(out / "last.ckpt", weights_only=True)
    assert saved["steps_done"] == 1 and saved["recipe"]["steps_factor"] > 0
    assert (out / "run.zip").exists() and "to fit the time" in capsys.readouterr().out
    assert len([path for path in (tmp_path / "cache").rglob("features/*") if path.is_dir()]) == 1


def test_a_run_finds_its_length_as_it_runs_and_keeps_it(photographs, tmp_path, monkeypatch, capsys):
    """A step was thought to take no time at all."""
    monkeypatch.setattr(budget, "seconds_a_step", lambda *_: 1e-6)
    monkeypatch.setattr(budget, "FIRST_FIT", 2)
    recipe = Recipe(name="zhang2016", stages=(tiny_stage("zhang2016"),))
    settings = RunSettings(data=photographs, out=tmp_path / "run", precision="32-true", seconds=3600, max_steps=3)
    train(recipe, settings)
    said = [
        int(line.split()[1].strip(",")) for line in capsys.readouterr().out.splitlines() if line.startswith("steps: ")
    ]
    steps = torch.load(settings.checkpoint, weights_only=True)["recipe"]["stages"][0]["steps"]
    assert said[0] > 1e9 > 1000 * steps > 0 and said[-1] == pytest.approx(steps, rel=0.1)
    train(recipe, dataclasses.replace(settings, seconds=None, max_steps=4))
    assert torch.load(settings.checkpoint, weights_only=True)["recipe"]["stages"][0]["steps"] == steps
    assert "with other settings" not in capsys.readouterr().out
