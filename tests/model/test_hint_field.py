from colorizing_things.model.hint_field import HintField


def test_nearer_words_win():
    below = HintField.none(4, 4).with_patch(1, 1, 3, (1, 1), 0.5)
    above = HintField.none(4, 4).with_patch(1, 1, 1, (9, 9))
    both = above.over(below)
    assert both.ab[0, 1, 1] == 9 and both.ab[0, 0, 0] == 1 and both.mask[0, 0] == 0.5 and both.mask[3, 3] == 0


def test_patches_are_cut_at_the_edge():
    field = HintField.none(4, 4).with_patch(0, 3, 3, (7, 7))
    assert field.mask.sum() == 4 and field.mask[1, 2] == 1
