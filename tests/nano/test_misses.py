"""What the eye misses, and what that does to "no", to numbers and to bounds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoglot.errors import InputError, ModelError
from geoglot.models.nano import things
from geoglot.models.nano.misses import (
    RATE,
    SHAPE,
    UNMEASURED,
    Miss,
    Tally,
    as_json,
    fit_misses,
    missed,
    none_missed,
    open_misses,
    size_of,
)
from geoglot.models.nano.reason.numbers import apart, counted, difference, with_missed
from tests.nano.made import EMPTY, EVIDENCE, NOTHING_MISSED, found

shares = st.floats(0, 1)
misses = st.builds(Miss, shares, shares)


def both(share: float) -> Miss:
    """The same of things and of images."""
    return Miss(share, share)


class TestFit:
    def test_the_share_is_drawn_towards_the_unknown_by_ten_objects(self) -> None:
        told = fit_misses([Tally("rgb", "car", 60, 80), Tally("rgb", "car", 30, 30), Tally("sar", "ship", 0, 10)])
        assert told["rgb"]["car"].things == round((20 + 9) / 120, 4)
        assert told["sar"]["ship"].things == 0.95

    def test_images_without_a_hit_are_counted_and_few_of_them_drawn_to_the_share_of_things(self) -> None:
        streets = [Tally("rgb", "car", 5, 10)] * 89 + [Tally("rgb", "car", 0, 10)] + [Tally("rgb", "car", 0, 0)] * 9
        miss = fit_misses(streets)["rgb"]["car"]
        assert miss.things == pytest.approx(0.51, abs=0.01)
        assert miss.images == pytest.approx((1 + 10 * miss.things) / 100, abs=1e-4)

    def test_what_is_large_is_missed_by_its_own_measure(self) -> None:
        small = [Tally("rgb", "car", 0, 30, size_of(4.5, 1.0))] * 10
        large = [Tally("rgb", "car", 30, 30, size_of(4.5, 0.1))] * 10
        miss = fit_misses([*small, *large])["rgb"]["car"]
        assert miss.at(size_of(4.5, 0.9)).things > 0.9 > miss.things > 0.1 > miss.at(size_of(4.5, 0.1)).things
        assert miss.at(None) == miss.at(size_of(4.5, 0.3)) == miss
        assert size_of(None, 0.3) is None

    def test_of_what_was_never_there_nothing_is_said(self) -> None:
        assert fit_misses([Tally("rgb", "bus", 0, 0)]) == {}

    def test_more_found_than_there_is_an_error(self) -> None:
        with pytest.raises(InputError):
            Tally("rgb", "car", 3, 2)


class TestFile:
    def write(self, folder: Path, calibration: object) -> Path:
        (folder / "nano.json").write_text(json.dumps({"calibration": calibration}))
        return folder

    def test_what_was_fitted_is_read_back(self, tmp_path: Path) -> None:
        told = open_misses(self.write(tmp_path, {"misses": {"rgb": {"car": [0.5, 0.1]}}}))
        assert told == {"rgb": {"car": Miss(0.5, 0.1)}}
        fitted = fit_misses([Tally("rgb", "car", 6, 8, 2), Tally("rgb", "car", 1, 2)])
        assert open_misses(self.write(tmp_path, {"misses": as_json(fitted)})) == fitted

    def test_without_a_word_nothing_is_known(self, tmp_path: Path) -> None:
        assert open_misses(tmp_path) == {}
        assert open_misses(self.write(tmp_path, {"scene": 1.0})) == {}

    @pytest.mark.parametrize(
        "broken", [{"rgb": {"car": [1.5, 0]}}, {"rgb": {"car": 0.5}}, {"rgb": {"car": ["a", 0]}}, [1, 2]]
    )
    def test_what_is_no_share_is_refused(self, tmp_path: Path, broken: object) -> None:
        with pytest.raises(ModelError, match="misses"):
            open_misses(self.write(tmp_path, {"misses": broken}))


class TestDistribution:
    def test_before_looking_there_is_none_two_times_in_three(self) -> None:
        assert none_missed(both(1.0)) == pytest.approx(2 / 3, abs=1e-3)
        assert none_missed(both(0.0)) == 1.0

    @given(misses, st.floats(0, 50))
    def test_probabilities_add_up_and_begin_with_none(self, miss: Miss, some: float) -> None:
        p = missed(miss, some)
        assert p.sum() == pytest.approx(1)
        assert p[0] == pytest.approx(none_missed(miss, some), rel=1e-4)

    def test_where_nothing_is_found_images_tell_not_things(self) -> None:
        assert none_missed(Miss(0.6, 0.05)) > 0.97
        assert none_missed(Miss(0.6, 0.05), 3) == none_missed(Miss(0.6, 0.9), 3)

    @given(shares, st.integers(1, 30))
    def test_the_mean_is_that_of_the_posterior(self, share: float, some: int) -> None:
        p = missed(both(share), some)
        mean = float(p @ np.arange(len(p)))
        assert mean == pytest.approx(share * (SHAPE + some) / (RATE + 1 - share), rel=1e-2, abs=1e-3)

    def test_it_is_what_drawing_says(self) -> None:
        rng = np.random.default_rng(3)
        there = rng.poisson(rng.gamma(SHAPE, 1 / RATE, 400_000))
        seen = rng.binomial(there, 0.4)
        lost = (there - seen)[seen == 2]
        told = missed(both(0.6), 2)
        assert np.bincount(lost, minlength=6)[:6] / len(lost) == pytest.approx(told[:6], abs=0.02)

    def test_a_number_with_what_was_missed_is_exact(self) -> None:
        total = with_missed(counted([0.5]), both(0.6))
        assert total.exactly(0) == pytest.approx(0.5 * none_missed(both(0.6)))
        assert total.exactly(1) == pytest.approx(
            0.5 * missed(both(0.6), 0)[1] + 0.5 * none_missed(both(0.6), 1), abs=1e-5
        )
        assert total.p.sum() == pytest.approx(1)

    @given(st.lists(st.floats(0, 1), max_size=12))
    def test_an_eye_that_misses_nothing_changes_nothing(self, p: list[float]) -> None:
        assert with_missed(counted(p), both(0.0)) is not None
        assert with_missed(counted(p), both(0.0)).p.tolist() == counted(p).p.tolist()

    def test_a_difference_with_what_was_missed(self) -> None:
        gap = apart(difference([(1.0, 0.0)]), np.array([0.5, 0.5]), np.array([0.25, 0.75]))
        assert [gap.exactly(number) for number in (0, 1, 2)] == pytest.approx([0.375, 0.5, 0.125])


class TestPresence:
    def test_a_no_is_no_surer_than_the_eye_is_good(self) -> None:
        finding = found("Is there a helicopter?", misses={"helicopter": both(0.5)})
        assert finding.value is False
        assert finding.confidence == pytest.approx(none_missed(both(0.5)))

    def test_where_nobody_measured_it_most_is_missed(self) -> None:
        assert found("Is there a helicopter?", misses={}).confidence == pytest.approx(none_missed(UNMEASURED))

    def test_a_no_says_how_much_is_missed(self) -> None:
        assert "of ten buses I find about five" in found("Is there a bus?", misses={"bus": both(0.52)}).warnings
        assert "how many buses I miss was never measured" in found("Is there a bus?", misses={}).warnings
        assert found("Is there a bus?").warnings == ()
        assert found("Are there cars?", misses={"car": both(0.9)}).warnings == ()

    def test_what_is_likelier_wrong_than_right_says_so(self) -> None:
        finding = found("How many cars are there?", misses={"car": both(0.9)})
        assert finding.unsure
        assert any("more likely wrong than right" in warning for warning in finding.warnings)

    def test_a_no_never_reaches_one(self) -> None:
        assert found("Is there a bus?", EMPTY, misses={}).confidence < 0.75

    def test_what_is_found_is_there_whatever_is_missed(self) -> None:
        finding = found("Are there cars?", misses={"car": both(0.3)})
        assert finding.confidence == pytest.approx(1 - 0.1 * 0.1 * 0.6 * none_missed(both(0.3)))

    def test_a_faint_one_is_pointed_at_where_it_tips_the_balance(self) -> None:
        faint = replace(EVIDENCE, objects=(EVIDENCE.objects[5],))  # a car of 0.4
        finding = found("Are there cars?", faint, misses={"car": both(0.9)})
        assert finding.value is True
        assert finding.evidence == ("o6",)
        assert [region.label for region in finding.regions] == ["car"]
        assert found("Are there cars?", faint).value is False

    def test_a_no_goes_by_the_size_of_things_here(self) -> None:
        size = size_of(things.length_m("helicopter"), EVIDENCE.gsd_m)
        assert size is not None
        sizes = tuple(both(0.1) if place == size else both(0.9) for place in range(4))
        finding = found("Is there a helicopter?", misses={"helicopter": Miss(0.9, 0.9, sizes)})
        assert finding.confidence == pytest.approx(none_missed(both(0.1)))

    def test_the_share_of_a_kind_is_the_mean_of_its_members(self) -> None:
        finding = found("Is there a vehicle?", EMPTY, misses={"car": both(0.2), "truck": both(0.6)})
        assert finding.confidence == pytest.approx(none_missed(both(0.4)))

    def test_a_tag_tells_more_than_a_guess_at_what_was_missed(self) -> None:
        without = replace(EVIDENCE, objects=())
        assert found("Is there a ship?", without, misses={}).confidence == pytest.approx(0.95)

    def test_part_of_the_image_has_no_tag(self) -> None:
        without = replace(EVIDENCE, objects=())
        assert found("Is there a ship on the left?", without, misses={}).confidence == pytest.approx(
            none_missed(both(0.9))
        )

    def test_a_cover_is_not_missed(self) -> None:
        assert found("Is there water?", misses={}).confidence == found("Is there water?").confidence


class TestNumbers:
    def test_what_is_missed_widens_the_interval_upwards_only(self) -> None:
        sure, unsure = (found("How many cars are there?", misses={"car": both(share)}) for share in (0.0, 0.5))
        assert sure.value == unsure.value == 2
        assert sure.interval == (1, 3)
        assert unsure.interval is not None
        assert unsure.interval[0] == 1
        assert unsure.interval[1] > 3
        assert unsure.confidence < sure.confidence

    def test_none_is_as_sure_as_absence(self) -> None:
        none = found("How many buses are there?", misses={"bus": both(0.5)})
        assert none.value == 0
        assert none.confidence == pytest.approx(none_missed(both(0.5)))

    def test_a_bound_counts_what_was_missed(self) -> None:
        seen, missing = (found("Are there more than 4 cars?", misses={"car": both(share)}) for share in (0.0, 0.9))
        assert seen.value is False
        assert seen.confidence == 1.0
        assert missing.confidence < 1.0

    def test_a_comparison_is_less_sure_where_much_is_missed(self) -> None:
        question = "Are there more cars than trucks?"
        sure, unsure = found(question), found(question, misses={"car": both(0.8), "truck": both(0.8)})
        assert unsure.confidence < sure.confidence

    def test_detecting_none_is_as_sure_as_absence(self) -> None:
        assert found("Detect all buses.", misses={"bus": both(0.5)}).confidence == pytest.approx(none_missed(both(0.5)))

    def test_choices_of_a_number_share_what_was_missed(self) -> None:
        question = "How many cars are there? A. 0 B. 2 C. 5 D. 40"
        assert found(question).value == found(question, misses=NOTHING_MISSED | {"car": both(0.3)}).value == "B"
        many = found(question, misses={"car": both(0.8)})
        assert many.confidence < found(question).confidence
