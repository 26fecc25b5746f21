"""Reasoning about many things at once, and about things that go by a wider name or fill the whole image."""

from __future__ import annotations

from dataclasses import replace

import pytest

from geoglot.models.nano.evidence import Guess, SeenObject
from geoglot.models.nano.misses import UNMEASURED, none_missed
from geoglot.models.nano.reason.places import place_of, spread
from geoglot.models.nano.reason.seen import Seen
from tests.nano.made import EMPTY, EVIDENCE, SCENE, cover_map, found, thing

BUILDINGS = replace(EMPTY, objects=tuple(o for o in EVIDENCE.objects if o.label in {"building", "car"}))
PARK = replace(EMPTY, scenes=(Guess("s1", "mobile home park", 0.9),), tags=(Guess("m1", "mobile-home", 0.95),))


class TestSpread:
    @pytest.mark.parametrize(
        ("middles", "words"),
        [
            ("100,50", "centre"),
            ("100,10 20,50", "top and left"),
            ("10,10 10,50 30,90 190,50", "left and right"),
            ("30,10 100,20 190,10 100,90", "top and bottom"),
            ("10,20 40,10 70,30 110,80 150,95 190,60", "upper left and lower right"),
            ("10,80 50,95 90,75 100,20 150,5 190,40", "lower left and upper right"),
            ("10,10 10,22 30,40 10,50 20,60 30,70 180,40", "left, upper left and lower left"),
        ],
    )
    def test_many_are_told_by_the_band_between_them_or_by_their_ninths(self, middles: str, words: str) -> None:
        points = [tuple(map(float, each.split(","))) for each in middles.split()]
        assert spread([(x, y) for x, y in points], Seen(EVIDENCE, SCENE, 0)) == words

    def test_what_stands_about_evenly_is_everywhere(self) -> None:
        orchard = [(10 + 20 * column, 5 + 10 * row) for column in range(10) for row in range(10)]
        assert spread(orchard, Seen(EVIDENCE, SCENE, 0)) == "everywhere"

    def test_boats_at_two_quays_lie_at_two_sides_though_there_are_some_in_every_ninth(self) -> None:
        seen = Seen(EVIDENCE, SCENE, 0)
        quays = [(x, y) for x in (5, 30, 60, 80, 120, 140, 170, 195) for y in range(5, 100, 6)]
        assert len({place_of(x, y, seen) for x, y in quays}) == 9
        assert spread(quays, seen) == "left and right"


class TestWiderNames:
    def test_houses_are_among_the_buildings_where_nothing_is_called_a_house(self) -> None:
        finding = found("How many houses are there?", BUILDINGS)
        assert (finding.value, finding.evidence, finding.unsure) == (1, ("o9",), True)
        assert finding.warnings[0] == "I cannot tell here which buildings are houses"
        assert found("Are there any houses?", BUILDINGS).value is True
        assert [region.label for region in found("Detect all houses.", BUILDINGS).regions] == ["house"]

    def test_buildings_are_no_houses_where_houses_are_told_from_them(self) -> None:
        finding = found("How many houses are there?")
        assert (finding.value, finding.evidence, finding.unsure) == (1, ("o10",), False)

    def test_no_other_member_takes_the_wider_name(self) -> None:
        assert found("How many greenhouses are there?", BUILDINGS).value == 0

    def test_a_faint_building_is_no_house(self) -> None:
        shed = replace(EMPTY, objects=(thing("o1", "building", (10, 10, 20, 20), 0.4),))
        assert found("How many houses are there?", shed).value == 0


class TestFullOfThem:
    def test_a_park_is_full_of_mobile_homes_and_its_ground_tells_how_many(self) -> None:
        finding = found("How many mobile homes are there?", PARK)
        assert finding.value == round(200 * 100 / 340)  # one metre a pixel
        assert finding.interval is not None
        assert finding.interval[0] < 59 < finding.interval[1]
        assert finding.unsure
        assert found("Where are the mobile homes in this picture?", PARK).regions == ()
        assert found("What is the location of the mobile homes in this picture?", PARK).value == "everywhere"

    def test_without_the_size_of_pixels_there_are_some(self) -> None:
        finding = found("How many mobile homes are there?", PARK, scene=None)
        assert isinstance(finding.value, int)
        assert finding.value >= 1
        assert finding.unsure

    def test_as_many_as_were_found_are_counted(self) -> None:
        rows = tuple(
            SeenObject(f"o{n}", "building", 0.99, replace(thing("x", "building", (9 * n, 5, 9 * n + 6, 9)).region))
            for n in range(45)
        )
        found_there = replace(PARK, objects=rows)
        assert found("How many mobile homes are there?", found_there).value == 45

    def test_a_town_holds_none(self) -> None:
        town = replace(PARK, scenes=(Guess("s1", "dense residential", 0.9),), tags=(Guess("m1", "mobile-home", 0.01),))
        assert found("How many mobile homes are there?", town).value == 0


class TestPartsOfPlaces:
    def test_an_image_named_after_something_else_may_still_hold_an_overpass(self) -> None:
        finding = found("Is there an overpass?", replace(EMPTY, scenes=(Guess("s1", "freeway", 0.97),)))
        assert finding.value is False
        assert finding.confidence == pytest.approx(none_missed(UNMEASURED))

    def test_a_whole_place_that_it_is_not_is_not_there(self) -> None:
        assert found("Is this a harbor?", EMPTY).confidence == pytest.approx(1.0)


class TestGroundOfPhotographs:
    RUNWAY = replace(
        EVIDENCE, objects=(), scenes=(Guess("s1", "runway", 0.97),), tags=(Guess("m2", "water", 0.02),), quality=()
    )

    def test_a_runway_that_shines_like_water_is_none(self) -> None:
        finding = found("Is there any water?", self.RUNWAY)
        assert finding.value is False
        assert 0.6 < finding.confidence < 0.95  # cover and tag disagree

    def test_cover_counts_alone_where_no_kind_of_place_is_recognised(self) -> None:
        flood = replace(self.RUNWAY, scenes=(Guess("s1", "river", 0.4), Guess("s2", "runway", 0.3)))
        assert found("Is there any water?", flood).value is True

    def test_cover_counts_alone_in_images_with_more_bands(self) -> None:
        assert found("Is there any water?", replace(self.RUNWAY, modality="multispectral")).value is True

    def test_a_tag_alone_makes_no_ground(self) -> None:
        dry = replace(self.RUNWAY, cover=(cover_map(water_columns=0),), tags=(Guess("m2", "water", 0.6),))
        assert found("Is there any water?", dry).value is False

    def test_a_part_of_a_photograph_has_no_tag(self) -> None:
        assert found("Is there any water on the left?", self.RUNWAY).value is True


class TestAskedBothWays:
    @pytest.mark.parametrize(
        ("question", "value"),
        [
            ("Is this image free of cars, or can you see some?", True),
            ("Is this image free of helicopters, or can you see some?", False),
            ("Are there no cars here, or are there any?", True),
            ("Is the image free of cars or not?", False),
            ("Is the image free of cars?", False),
        ],
    )
    def test_the_last_half_says_what_yes_means(self, question: str, value: bool) -> None:
        assert found(question).value is value
