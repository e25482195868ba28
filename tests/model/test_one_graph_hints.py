import numpy as np

from colorizing_things.model.hint_field import HintField
from colorizing_things.model.one_graph_hints import enforce_hints, feature_similarity


def test_a_hint_keeps_its_word_up_to_the_edge_of_its_object():
    L = np.full((40, 80), 30, np.float32)
    L[:, 40:] = 80
    answer = np.full((2, 10, 20), 5, np.float32)
    kept = enforce_hints(answer, HintField.none(40, 80).with_patch(20, 36, 1, (45, -15)), L)
    np.testing.assert_array_equal(kept[:, 5, 9], [45, -15])
    assert kept[0, 5, 8] > 20  # its neighbour on the same side
    assert abs(kept[0, 5, 10] - 5) < 1  # as near, beyond the edge
    np.testing.assert_allclose(kept[:, :, :2], 5, atol=1e-3)  # far away


def test_doubtful_hints_and_none_force_nothing():
    L, answer = np.full((40, 80), 30, np.float32), np.zeros((2, 10, 20), np.float32)
    doubtful = HintField.none(40, 80).with_patch(20, 36, 5, (45, -15), 0.9)
    np.testing.assert_array_equal(enforce_hints(answer, doubtful, L), answer)
    np.testing.assert_array_equal(enforce_hints(answer, HintField.none(40, 80), L), answer)


def test_a_painted_area_comes_out_as_painted():
    L, answer = np.full((40, 80), 50, np.float32), np.zeros((2, 10, 20), np.float32)
    field = HintField(np.full((2, 40, 80), 12, np.float32), np.ones((40, 80), np.float32))
    np.testing.assert_array_equal(enforce_hints(answer, field, L), 12)


def test_a_hint_goes_to_what_is_of_its_kind():
    features = np.zeros((3, 5, 10), np.float32)
    features[0, :, :5], features[1, :, 5:] = 1, 1
    share = feature_similarity(features, HintField.none(40, 80).with_patch(20, 16, 1, (45, -15)))
    np.testing.assert_array_equal(share[:, :5], 1)
    np.testing.assert_array_equal(share[:, 5:], 0)
