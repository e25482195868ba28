import numpy as np
import pytest

from colorizing_things import Colorizer, SettingError
from colorizing_things.ray import ColorizeBatch


def test_files_in_a_column_are_coloured_and_a_broken_one_harms_no_other(old_jpg):
    data = old_jpg.read_bytes()
    column = np.array([data, data[: len(data) // 2]], object)
    batch = ColorizeBatch(warmth=0.4)({"bytes": column, "path": np.array(["a", "b"])})
    assert batch["bytes"][0] == Colorizer(threads=1)(data, warmth=0.4) and batch["bytes"][1] == b""
    assert batch["error"][0] == "" and "damaged" in batch["error"][1]
    assert list(batch["path"]) == ["a", "b"]


def test_arrays_of_several_sizes(gray_photo):
    images = np.empty(2, object)
    images[:] = [gray_photo, gray_photo[:100, :150]]
    assert [image.shape for image in ColorizeBatch()({"image": images})["image"]] == [(400, 600, 3), (100, 150, 3)]


def test_a_batch_without_pictures_says_which_columns_it_looked_for():
    with pytest.raises(SettingError, match="bytes or image; here are path"):
        ColorizeBatch()({"path": np.array(["a"])})
