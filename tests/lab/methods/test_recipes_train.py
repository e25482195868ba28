"""Every recipe that is listed takes two steps, real gradients reach every parameter, and its graph exports."""

import math

import onnx
import pytest

torch = pytest.importorskip("torch")
from tiny import PRIOR, make_method, steps, stir, tiny_stage

from colorizing_things.errors import TrainingError
from colorizing_things.lab.export import TOLERANCE, check, examples, store_as_half, to_onnx
from colorizing_things.lab.methods import METHODS
from colorizing_things.lab.networks import NETWORKS
from colorizing_things.lab.recipes.load import load_recipe, recipe_names
from colorizing_things.lab.training.devices import make_fabric


def stages():
    """(recipe, number) of every stage that trains by another method than those before it."""
    for name in recipe_names():
        methods = [stage.method.name for stage in load_recipe(name).stages]
        yield from ((name, number) for number, method in enumerate(methods) if method not in methods[:number])


def first_of_method():
    """One stage for each pair of a network and a method."""
    found = {}
    for name, number in stages():
        stage = load_recipe(name).stages[number]
        found.setdefault((stage.network.name, stage.method.name), (name, number))
    return found


def first_of_graph():
    """One stage for each graph: exporting takes half a minute, and methods of one network share what they export."""
    found = {}
    for name, number in first_of_method().values():
        stage, decoding = load_recipe(name).stages[number], load_recipe(name).decoding
        method = METHODS[stage.method.name]
        settings = {key: value for key, value in stage.network.settings.items() if key not in ("frozen", "weights")}
        # Of numbers the graph knows whether they are zero, of lists how long they are.
        kinds = {
            key: len(value) if isinstance(value, list) else bool(value)
            for key, value in decoding.items()
            if key not in FACTORS
        }
        exporters = [of.__func__ for of in (method.graph, method.graphs, method.exported_weights)]
        key = (stage.network.name, repr(sorted(settings.items())), repr(sorted(kinds.items())), *exporters)
        found.setdefault(key, (name, number))
    return found


STAGES = list(stages())
FACTORS = ("chroma", "violet", "orange")  # multiplied by, zero or not
EXPORTED_ELSEWHERE = ("default", "mobile-unet")  # by runs, in test_flow.py and test_export.py, and held against torch
FIRST_OF_GRAPH = [(name, number) for name, number in first_of_graph().values() if name not in EXPORTED_ELSEWHERE]


def test_every_network_and_method_has_a_recipe():
    networks, methods = zip(*first_of_method(), strict=True)
    assert set(networks) == set(NETWORKS) and set(methods) == set(METHODS)


# Real and ours pull equally at this one, under Wasserstein always and under hinge until it saturates.
BALANCED = {"discriminator._forward_module.score.bias"}


def every_step(name):
    """Settings by which the network learns in every step, not after five of the critic's."""
    objective = name.removeprefix("aae-").removeprefix("vaegan-")
    return ["method.objective_settings={critic_steps: 1, critic_warmup: 0}"] if objective.startswith("wgan") else []


def stage_of(name, number, request):
    """A stage of a recipe made tiny, its network learning in every step."""
    more = request.getfixturevalue("trained_before") if name == "deshpande2017-mdn" else []
    return tiny_stage(name, *every_step(name), *more, number=number)


@pytest.mark.parametrize(("name", "number"), STAGES)
def test_two_steps_and_every_parameter_gets_a_gradient(name, number, request):
    stage = stage_of(name, number, request)
    method = make_method(stage)
    before = {n: [p.clone() for p in each.module.parameters()] for n, each in method.trainables.items()}
    logged = steps(method, stage, 2)
    assert all(math.isfinite(value) for step in logged for value in step.values())
    without = [
        f"{name}.{key}"
        for name, each in method.trainables.items()
        for key, p in each.module.named_parameters()
        if p.requires_grad and (p.grad is None or not p.grad.abs().max() > 0)
    ]
    assert [key for key in without if key not in BALANCED] == []
    for name, old in before.items():
        pairs = list(zip(old, method.trainables[name].module.parameters(), strict=True))
        learns = [p.requires_grad for _, p in pairs]
        moved = [not torch.equal(a, b) for a, b in pairs]
        assert sum(moved) >= sum(learns) - 1, name
        assert not any(m and not learn for m, learn in zip(moved, learns, strict=True)), name


@pytest.mark.parametrize(("name", "number"), STAGES)
def test_a_step_in_bfloat16(name, number, request):
    """What the loop uses wherever the hardware computes in it."""
    stage = stage_of(name, number, request)
    logged = steps(make_method(stage, make_fabric(1, "bf16-mixed")), stage, 1)[0]
    assert all(math.isfinite(value) for value in logged.values()) and logged["gradient_network"] > 0


@pytest.mark.parametrize(("name", "number"), FIRST_OF_GRAPH)
def test_the_exported_graph_equals_torch(name, number, request, tmp_path):
    """What it gives has the shapes that it says, and ONNX Runtime gives the same, with weights stored as fp16."""
    stage = stage_of(name, number, request)
    network = make_method(stage).network.module.eval()
    stir(network)  # or a part that begins at zero would export as anything
    recipe = load_recipe(name)
    try:
        graphs = METHODS[stage.method.name].graphs(network, PRIOR, stage.method.settings, recipe.decoding)
    except TrainingError:
        assert METHODS[stage.method.name].exported_weights(network) is not None
        return
    for stem, graph in graphs.items():
        inputs = examples(graph, 2 * graph.stride, 3 * graph.stride)
        with torch.no_grad():
            answers = graph.module(*inputs)
        assert len(answers) == len(graph.outputs) and all(answer.isfinite().all() for answer in answers)
        if "ab" in graph.outputs:
            height, width = inputs[0].shape[-2:] if graph.inputs[0] == "L" else (2 * graph.stride, 3 * graph.stride)
            ab = answers[graph.outputs.index("ab")]
            assert ab.shape == (1, 2, height // graph.output_stride, width // graph.output_stride)
        onnx.save(store_as_half(to_onnx(graph)), tmp_path / f"{stem}.onnx")
        assert check(graph, tmp_path / f"{stem}.onnx") < TOLERANCE


@pytest.mark.parametrize("encoder", ["resnet152", "mobilenet-v2", "vgg19"])
def test_any_recipe_takes_any_encoder(encoder):
    width = "1.0" if encoder == "mobilenet-v2" else "0.0625"
    stage = tiny_stage("aae-hinge", f"encoder={encoder}", f"network.width={width}")
    assert stage.network.settings["encoder"] == encoder
    assert math.isfinite(steps(make_method(stage), stage, 1)[0]["pixels"])


@pytest.mark.parametrize("space", ["lab", "rgb"])
@pytest.mark.parametrize("name", ["aae-hinge", "unet-sagan-hinge"])
def test_the_discriminator_sees_lab_or_rgb(name, space):
    stage = tiny_stage(name, f"space={space}")
    assert steps(make_method(stage), stage, 1)[0]["gradient_network"] > 0
