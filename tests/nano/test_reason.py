"""Reasoning over evidence: exact answers to questions about a harbour of which every fact is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geoglot.models.nano import reason
from geoglot.models.nano.evidence import Guess, SeenObject, Trace
from geoglot.models.nano.misses import Miss
from geoglot.models.nano.reason.whole import UNTAGGED
from geoglot.regions import Box, Mask, Path, Point
from geoglot.tasks import TaskName
from tests.nano.made import AFTER, BOTH, EMPTY, EVIDENCE, PAIR, PLACED, SCENE, cover_map, found, read, scene_of, thing


class TestPresence:
    def test_it_is_one_minus_the_product_of_absences(self) -> None:
        finding = found("Are there cars?")
        assert finding.value is True
        assert finding.confidence == pytest.approx(1 - 0.1 * 0.1 * 0.6)
        assert finding.evidence == ("o4", "o5")

    def test_absence_is_as_sure_as_what_is_seen_is_weak(self) -> None:
        finding = found("Is there a helicopter?")
        assert (finding.value, finding.confidence, finding.regions) == (False, 1.0, ())

    def test_members_count_for_the_kind(self) -> None:
        assert found("Is there a vessel?").confidence == pytest.approx(1 - 0.1 * 0.2 * 0.3)

    def test_a_tag_or_a_scene_class_may_say_what_no_object_says(self) -> None:
        assert found("Is there a pier?").confidence == pytest.approx(0.6)
        assert found("Is this a harbour? Is there a harbour?").confidence == pytest.approx(0.8)

    @pytest.mark.parametrize(
        ("question", "value"),
        [
            ("Is the largest ship white?", True),
            ("Is the largest ship red?", False),
            ("Is the smallest ship red?", True),
            ("Is the leftmost ship right of the bridge?", False),
        ],
    )
    def test_what_stands_out_is_chosen_before_it_is_judged(self, question: str, value: bool) -> None:
        finding = found(question)
        assert finding.value is value
        assert finding.evidence == (("o2",) if "smallest" in question else ("o1",))

    def test_a_few_trees_are_not_tagged(self) -> None:
        bare = replace(EMPTY, tags=(Guess("m1", "trees", 0.3),), cover=())
        finding = found("Are there any trees?", bare)
        assert (finding.value, finding.evidence) == (True, ("m1",))
        assert finding.confidence == pytest.approx(0.3 + 0.7 * UNTAGGED["tree"])

    def test_a_cover_is_there_if_enough_cells_are_it(self) -> None:
        water = found("Is there water?")
        assert water.value is True
        assert water.confidence == pytest.approx(0.9, abs=0.01)
        snow = found(
            "Is there snow?",
            replace(EVIDENCE, cover=(replace(cover_map(), classes=("water", "grass", "built", "snow")),)),
        )
        assert snow.value is True
        assert found("Is there forest?").value is False

    def test_a_negated_question_turns_the_answer_round(self) -> None:
        assert found("Is the image free of cars?").value is False
        assert found("Is the image free of helicopters?").value is True

    @pytest.mark.parametrize(
        ("question", "p"),
        [
            ("Are there more than 2 cars?", 0.9 * 0.9 * 0.4),
            ("Are there at least 2 cars?", 0.9 * 0.9 + 0.9 * 0.1 * 0.4 * 2),
            ("Are there exactly 3 cars?", 0.9 * 0.9 * 0.4),
            ("Are there fewer than 1 cars?", 0.1 * 0.1 * 0.6),
        ],
    )
    def test_a_bound_is_tested_on_the_distribution_of_the_number(self, question: str, p: float) -> None:
        finding = found(question)
        assert finding.value is (p >= 0.5)
        assert finding.confidence == pytest.approx(max(p, 1 - p))

    def test_a_bound_on_an_area_is_tested_on_the_area(self) -> None:
        assert found("Is more than 30 % of the image water?").value is True
        assert found("Does the water cover more than 2 hectares?").value is False


class TestCount:
    def test_it_is_the_likeliest_number_with_its_probability(self) -> None:
        finding = found("How many cars are there?")
        assert finding.value == 2
        assert finding.confidence == pytest.approx(0.9 * 0.9 * 0.6 + 2 * 0.9 * 0.1 * 0.4)
        assert finding.interval == (1, 3)
        assert finding.evidence == ("o4", "o5")
        assert [region.label for region in finding.regions] == ["car", "car"]

    def test_of_what_only_the_whole_image_tells_there_is_at_least_one(self) -> None:
        field = replace(EVIDENCE, objects=(), scenes=(Guess("s1", "airplane", 0.9),), tags=())
        finding = found("How many airplanes are there?", field, misses={"airplane": Miss(0.8, 0.8)})
        assert finding.value == 1
        assert finding.regions == ()
        assert finding.unsure
        assert finding.interval is not None
        assert finding.interval[0] == 1
        assert finding.interval[1] > 1
        assert any("none by itself" in warning for warning in finding.warnings)

    def test_the_whole_image_is_no_object(self) -> None:
        field = replace(EVIDENCE, objects=(), scenes=(Guess("s1", "airplane", 0.9),), tags=())
        for task in (TaskName.DETECT, TaskName.GROUND):
            finding = found("the airplane", field, task=task)
            assert finding.regions == ()
            assert finding.unsure
        assert found("Are there airplanes?", field).value is True

    def test_nothing_seen_is_none(self) -> None:
        assert (found("How many buses?").value, found("How many buses?").confidence) == (0, 1.0)

    @pytest.mark.parametrize(
        ("question", "number"),
        [
            ("How many ships are in the upper left?", 1),
            ("How many ships are there in the left half?", 2),
            ("How many ships are in the right half?", 0),
            ("How many ships are in the north?", 1),
            ("How many ships are in the harbour?", 2),
            ("How many ships are near the bridge?", 1),
            ("How many cars are on the bridge?", 0),
            ("How many cars are to the right of the bridge?", 2),
            ("How many boats are above the bridge?", 1),
            ("How many vessels are on the water?", 3),
            ("How many ships are in the water and how many?", 2),
            ("How many buildings are there?", 2),
            ("How many vehicles?", 3),
        ],
    )
    def test_place_relation_and_kind_bound_what_is_counted(self, question: str, number: int) -> None:
        assert found(question).value == number

    def test_attributes_weigh_each_one(self) -> None:
        finding = found("How many red cars are there?")
        assert finding.value == 1
        assert finding.confidence == pytest.approx(
            0.81 * 0.982 * 0.64 + 0.19 * 0.018 * 0.64 + 0.19 * 0.982 * 0.36, abs=1e-3
        )

    def test_a_region_bounds_what_is_counted(self) -> None:
        assert found("How many cars are in <r0>?", regions=(Box(160, 30, 175, 50),)).value == 1

    def test_patches_of_a_cover_are_counted_apart(self) -> None:
        cover = cover_map()
        cover.labels[2:5, 12:14] = 0
        finding = found("How many lakes are there?", replace(EVIDENCE, objects=(), cover=(cover,)))
        assert (finding.value, finding.unsure) == (2, True)

    def test_a_word_that_means_less_makes_a_number_unsure_but_none_stays_none(self) -> None:
        vans = found("How many vans are there?")
        assert (vans.value, vans.unsure) == (2, True)
        assert "I know cars, not vans in particular" in vans.warnings
        none = found("How many vans are there?", EMPTY)
        assert (none.value, none.unsure) == (0, False)

    def test_a_landmark_that_is_not_there_makes_it_unsure(self) -> None:
        finding = found("How many cars are near the roundabout?")
        assert (finding.value, finding.unsure) == (0, True)
        assert "I see no roundabout" in finding.warnings


class TestCompare:
    def test_the_difference_of_two_numbers_is_exact(self) -> None:
        finding = found("Are there more cars than trucks?")
        p_trucks = (0.4, 0.6)
        p_cars = (0.006, 0.112, 0.558, 0.324)
        more = sum(c * t for i, c in enumerate(p_cars) for j, t in enumerate(p_trucks) if i > j)
        assert (finding.value, finding.counts) == (True, (2, 1))
        assert finding.confidence == pytest.approx(more, abs=1e-9)

    def test_as_many_and_equal(self) -> None:
        assert found("Are there as many trucks as buses?").value is True
        assert found("Is the number of trucks equal to the number of bridges?").value is True

    def test_covers_are_compared_by_area(self) -> None:
        assert found("Is there more water than grass?").value is True
        assert found("Is there more road than water?").value is False

    def test_without_choices_the_largest_cover_is_named(self) -> None:
        assert found("Tell me the dominant land cover.").value == "water"
        assert found("Which is bigger, the lake or the road?").value == "lake"

    def test_which_is_more_names_one_of_the_choices(self) -> None:
        finding = found("Which are there more of, cars or trucks?")
        assert (finding.value, finding.counts) == ("cars", (2, 1))


class TestArea:
    def test_square_metres_come_from_the_grid(self) -> None:
        finding = found("What area in square metres does the water cover?")
        assert finding.unit == "m2"
        assert finding.value == pytest.approx(100 * 90 / 0.9996**2, rel=1e-4)  # UTM scale on the central meridian
        assert finding.also is not None
        assert finding.also[0] == pytest.approx(45.0)

    @pytest.mark.parametrize(("unit", "factor"), [("hectares", 1e4), ("square kilometres", 1e6)])
    def test_other_units(self, unit: str, factor: float) -> None:
        assert found(f"How many {unit} of water are there?").value == pytest.approx(9007.2 / factor, rel=1e-3)

    def test_percent_is_of_the_ground_with_data(self) -> None:
        assert found("What percentage of the image is water?").value == pytest.approx(45.0)
        assert found("What percentage of the left half is water?").value == pytest.approx(90.0)
        hidden = cover_map()
        hidden.labels[:, 10:] = 255
        assert found("What percentage is water?", replace(EVIDENCE, cover=(hidden,))).value == pytest.approx(90.0)

    def test_without_a_place_the_area_is_in_pixels_and_says_so(self) -> None:
        finding = found("How large is the area of water?", scene=scene_of(None))
        assert (finding.value, finding.unit) == (9000.0, "px")
        assert any("place on Earth" in warning for warning in finding.warnings)

    def test_objects_are_measured_by_their_boxes_and_say_so(self) -> None:
        finding = found("How many m2 do the buildings cover?")
        assert finding.value == pytest.approx((300 + 120) / 0.9996**2, rel=1e-4)
        assert any("boxes" in warning for warning in finding.warnings)

    def test_an_area_is_what_all_cells_together_make_likely(self) -> None:
        cover = cover_map()
        beliefs = np.full((len(cover.classes), *cover.labels.shape), 0.0, np.float16)
        beliefs[0] = np.where(cover.labels == 0, 0.75, 0.4)  # water, and what may be water
        told = found(
            "What percentage of the image is water?", replace(EVIDENCE, cover=(replace(cover, beliefs=beliefs),))
        )
        assert told.value == pytest.approx(100 * (0.45 * 0.75 + 0.55 * 0.4), rel=1e-3)
        assert told.regions[0].area_px == 9000
        assert any("all cells together" in warning for warning in told.warnings)

    @pytest.mark.parametrize(("everywhere", "share"), [(0.2, 0.2), (0.03, 0.0)])
    def test_what_is_likeliest_nowhere_may_still_be_there(self, everywhere: float, share: float) -> None:
        dry = cover_map(water_columns=0)
        beliefs = np.full((len(dry.classes), *dry.labels.shape), everywhere, np.float16)
        told = found("How much of the image is water?", replace(EMPTY, cover=(replace(dry, beliefs=beliefs),)))
        assert told.value == pytest.approx(100 * share, rel=1e-3)
        assert told.regions == ()

    def test_shares_are_put_right_by_the_table_of_the_weights(self) -> None:
        cover = cover_map()
        beliefs = np.stack([np.where(cover.labels == at, 1.0, 0.0) for at in range(len(cover.classes))])
        seen = replace(EVIDENCE, cover=(replace(cover, beliefs=beliefs.astype(np.float16)),))
        table = np.eye(len(cover.classes))
        table[0] = 0.8, 0.2, 0.0, 0.0  # a fifth of what is taken for water is grass

        def share(question: str) -> float:
            told = reason.answer(read(question), seen, SCENE, shares=table)
            assert told.unit == "%"
            return float(str(told.value))

        assert share("What percentage of the image is water?") == pytest.approx(45 * 0.8, rel=1e-3)
        assert share("What percentage of the image is grass?") == pytest.approx(27 + 45 * 0.2, rel=1e-3)
        assert share("What percentage of the left half is water?") == pytest.approx(90 * 0.8, rel=1e-3)
        sure = found("What percentage of the image is water?", seen)
        told = reason.answer(read("What percentage of the image is water?"), seen, SCENE, shares=table)
        assert told.confidence < sure.confidence  # cells and table contradict each other
        assert told.regions[0].area_px == 9000
        assert any("all cells together" in warning for warning in told.warnings)

    def test_what_the_table_leaves_nothing_of_is_none_and_points_at_nothing(self) -> None:
        cover = cover_map(water_columns=1)
        beliefs = np.stack([np.where(cover.labels == at, 0.6, 0.4 / 3) for at in range(len(cover.classes))])
        table = np.eye(len(cover.classes))
        table[:, 0], table[:, 1] = -0.1, table[:, 1] + table[:, 0] + 0.1
        seen = replace(EMPTY, cover=(replace(cover, beliefs=beliefs.astype(np.float16)),))
        told = reason.answer(read("What percentage of the image is water?"), seen, SCENE, shares=table)
        assert (told.value, told.regions) == (0.0, ())
        assert told.confidence < 0.1

    def test_clouds_keep_their_share_beside_a_table(self) -> None:
        cover = cover_map()
        names, flat = (*cover.classes, "cloud"), np.full((5, *cover.labels.shape), 0.1, np.float16)
        flat[4] = 0.6
        clouded = replace(cover, classes=names, labels=np.full_like(cover.labels, 4), beliefs=flat)
        seen = replace(EVIDENCE, cover=(clouded,), quality=(Guess("q1", "cloud", 0.6),))
        table = np.zeros((4, 4))
        table[:, 0] = 1.0
        told = reason.answer(read("What percentage of the image is cloud?"), seen, SCENE, shares=table)
        assert told.value == pytest.approx(60, rel=1e-2)

    def test_nothing_is_none(self) -> None:
        assert found("How much of the image is water?", EMPTY).value == 0.0

    def test_the_largest_is_one_of_them(self) -> None:
        finding = found("What is the area of the largest ship?")
        assert finding.value == pytest.approx(50 * 15 / 0.9996**2, rel=1e-3)
        assert finding.evidence == ("o1",)

    def test_the_largest_patch_of_a_cover_is_one_of_them(self) -> None:
        cover = cover_map()
        cover.labels[:, 14:15] = 0  # a second, smaller water of 9 cells
        cover.labels[9, :] = 3
        both = replace(EVIDENCE, cover=(cover,), objects=())
        assert (
            found("What is the area of the largest lake?", both).value == found("What area does the water cover?").value
        )
        smallest = found("What is the area of the smallest lake?", both)
        assert smallest.value == pytest.approx(9 * 100 / 0.9996**2, rel=1e-3)


class TestWholeScene:
    def test_the_likeliest_class(self) -> None:
        finding = found("What kind of scene is this?")
        assert (finding.value, finding.confidence, finding.evidence) == ("harbor", 0.8, ("s1",))

    def test_rural_or_urban(self) -> None:
        finding = found("Is this rural or urban?")
        assert finding.value == "urban"
        assert finding.confidence == pytest.approx(0.8 / 0.95)

    def test_labels_are_the_tags_that_hold(self) -> None:
        finding = found("Tag this image.")
        assert finding.value == ("ship", "water", "dock")
        assert finding.confidence == pytest.approx((0.95 + 0.9 + 0.9 + 0.6) / 4)

    def test_without_tags_labels_are_covers_and_objects(self) -> None:
        finding = found("List all land covers and objects.", replace(EVIDENCE, tags=()))
        assert finding.value[:4] == ("water", "grass", "urban", "road")  # type: ignore[index]
        assert "bridge" in finding.value  # type: ignore[operator]

    def test_facts_for_a_caption_name_numbers_shares_and_places(self) -> None:
        facts = {(fact.kind, fact.name): fact for fact in found("Describe the image in detail.").facts}
        assert facts["scene", "harbor"].probability == 0.8
        assert (facts["objects", "ship"].number, facts["objects", "bridge"].place) == (2, "centre")
        assert facts["cover", "water"].number == pytest.approx(0.45)

    def test_a_box_around_one_thing_asks_what_it_is_however_faint(self) -> None:
        traces = (
            Trace("house", 0.06, 46, 85, (5, 40)),
            Trace("building", 0.02, 44, 86, (4, 400)),
            Trace("car", 0.9, 46, 85, (2, 7)),  # too short for the box
            Trace("ship", 0.9, 51.9, 85, (5, 400)),  # beside the middle
        )
        finding = found("What is in <r0>?", replace(EVIDENCE, traces=traces), regions=(Box(40, 80, 52, 90),))
        (fact,) = [fact for fact in finding.facts if fact.kind == "objects"]
        assert (fact.name, fact.number) == ("house", 1)
        assert fact.probability == pytest.approx(0.6)

    def test_a_box_around_several_things_lists_them(self) -> None:
        traces = (Trace("building", 0.9, 100, 50, (1, 4000)),)
        whole = Box(0, 0, 200, 100)
        finding = found("What is in <r0>?", replace(EVIDENCE, traces=traces), regions=(whole,))
        assert len([fact for fact in finding.facts if fact.kind == "objects"]) > 1

    def test_what_a_tag_says_is_there_lies_where_it_is_least_faint(self) -> None:
        faint = (
            SeenObject("f1", "boat", 0.1, Box(10, 5, 20, 10)),
            SeenObject("f2", "boat", 0.08, Box(30, 8, 40, 13)),
            SeenObject("f3", "boat", 0.03, Box(180, 90, 190, 95)),
        )
        finding = found("What is the location of the boats?", replace(EVIDENCE, objects=(), faint=faint))
        assert (finding.value, finding.unsure) == ("upper left", True)
        assert found("What is the location of the boats?", replace(EMPTY, tags=(), faint=faint)).refused

    def test_what_is_faint_is_neither_counted_nor_found(self) -> None:
        faint = SeenObject("f1", "airplane", 0.15, Box(40, 80, 52, 92))
        evidence = replace(EVIDENCE, faint=(faint,))
        assert found("Find all airplanes.", evidence).regions == ()
        assert found("How many airplanes are there?", evidence).value == 0

    def test_facts_of_a_region_are_only_of_it(self) -> None:
        finding = found("What is in <r0>?", regions=(Box(160, 35, 175, 50),))
        assert [(fact.kind, fact.name, fact.number) for fact in finding.facts] == [
            ("objects", "car", 1),
            ("cover", "urban", 1.0),
        ]
        assert finding.facts[0].detail == "red"


class TestPointing:
    def test_all_of_a_kind(self) -> None:
        finding = found("Find all cars.")
        assert [region.bounds.x0 for region in finding.regions] == [165, 180, 190]
        assert [region.score for region in finding.regions] == [0.9, 0.9, 0.4]
        assert finding.confidence == pytest.approx(2.2 / 3)
        assert found("Find all helicopters.").regions == ()

    @pytest.mark.parametrize(
        ("expression", "id"),
        [
            ("the largest ship", "o1"),
            ("the smallest ship", "o2"),
            ("the leftmost car", "o4"),
            ("the rightmost car", "o5"),
            ("the southernmost ship", "o2"),
            ("the red ship", "o2"),
            ("the ship nearest to the bridge", "o1"),
            ("the car nearest to the truck", "o4"),
            ("the boat between the largest ship and the bridge", "o3"),
            ("the bridge", "o8"),
        ],
    )
    def test_an_expression_means_one(self, expression: str, id: str) -> None:
        finding = found(f"Where is {expression}?")
        assert finding.evidence == (id,)
        assert len(finding.regions) == 1

    def test_several_that_fit_share_the_confidence(self) -> None:
        finding = found("Where is the ship?")
        assert finding.evidence == ("o1",)
        assert finding.confidence == pytest.approx(0.9 * 0.9 / 1.7)
        assert finding.unsure

    def test_what_is_not_there_is_not_pointed_at(self) -> None:
        finding = found("Where is the roundabout?")
        assert (finding.regions, finding.confidence, finding.refused) == ((), 1.0, False)

    def test_a_cover_is_segmented_as_pixels(self) -> None:
        finding = found("Segment the water.")
        assert isinstance(finding.regions[0], Mask)
        assert finding.regions[0].area_px == 100 * 90
        assert finding.regions[0].bounds == Box(0, 0, 100, 90, label="water", score=finding.regions[0].score)

    def test_objects_are_outlined_by_their_boxes(self) -> None:
        finding = found("Segment the ships.")
        assert [region.type for region in finding.regions] == ["polygon", "polygon"]
        assert any("boxes" in warning for warning in finding.warnings)

    def test_a_part_of_a_cover_is_boxed(self) -> None:
        assert found("Where is the largest lake?").regions[0].bounds.x1 == 100

    def test_a_kind_of_place_is_the_whole_image_and_unsure(self) -> None:
        for question in ("Where is the harbour?", "Find all harbours.", "How many harbours are there?"):
            finding = found(question)
            assert finding.regions[0].bounds == Box(0, 0, 200, 100, label="harbor", score=0.8)
            assert finding.unsure
        assert found("How many harbours are there?").value == 1

    def test_a_tag_makes_absence_less_sure(self) -> None:
        tagged = replace(EMPTY, tags=(Guess("m1", "ship", 0.4),))
        assert found("How many ships are there?", tagged).confidence == pytest.approx(0.6)
        assert found("Find all ships.", tagged).confidence == pytest.approx(0.6)


class TestRelations:
    @pytest.mark.parametrize(
        ("question", "value"),
        [
            ("What is the relation between the bridge and the house?", "left of"),
            ("On which side of the bridge is the boat?", "left of"),
            ("How does the truck lie to the bridge?", "right of"),
            ("In which direction from the house does the building lie?", "north of"),
            ("What is the relation between the boat and the water?", "inside"),
        ],
    )
    def test_the_side_is_told_from_the_boxes(self, question: str, value: str) -> None:
        assert found(question).value == value

    def test_a_distance_is_geodesic(self) -> None:
        finding = found("How far is the truck from the bridge?")
        assert finding.value == f"{((156 - 110) ** 2 + (93 - 50) ** 2) ** 0.5 / 0.9996:.3g} m"

    def test_without_a_place_a_distance_is_in_pixels(self) -> None:
        finding = found("How far is the truck from the bridge?", scene=None)
        assert finding.value == "63 px"
        assert any("pixels" in warning for warning in finding.warnings)

    def test_position_is_a_ninth_of_the_image(self) -> None:
        assert found("In what part of the picture is the bridge?").value == "center"
        assert found("What is the location of the building?").value == "upper right and right"

    def test_a_kind_of_place_that_the_image_is_lies_in_its_centre(self) -> None:
        crossing = replace(EVIDENCE, objects=(), scenes=(Guess("s1", "intersection", 0.9),))
        finding = found("What is the location of the intersection?", crossing)
        assert finding.value == "center"
        assert finding.unsure
        bridged = replace(crossing, scenes=(Guess("s1", "overpass", 0.6), Guess("s2", "intersection", 0.3)))
        assert found("What is the location of the cross point in this picture?", bridged).value == "center"
        park = replace(crossing, scenes=(Guess("s1", "mobile home park", 0.9),))
        assert found("What is the location of the mobile home parks?", park).value == "everywhere"

    @pytest.mark.parametrize(
        ("question", "value"),
        [
            ("What colour is the largest ship?", "white"),
            ("What colour is the ship in the lower left?", "red"),
            ("How long is the bridge?", "40 m"),
        ],
    )
    def test_attributes_of_the_one_that_is_meant(self, question: str, value: str) -> None:
        assert found(question).value == value

    def test_what_is_not_there_is_refused_with_its_name(self) -> None:
        finding = found("How far is the truck from the roundabout?")
        assert finding.refused
        assert finding.warnings == ("I see no roundabout",)


class TestChange:
    def test_whether_anything_changed(self) -> None:
        finding = found("Has anything changed?", PAIR, BOTH)
        assert finding.value is True
        assert finding.confidence == pytest.approx(0.9)  # of the likeliest; the boat that left is traffic, no change

    def test_whether_one_kind_appeared(self) -> None:
        assert found("Were any houses built?", PAIR, BOTH).value is True
        assert found("Were any bridges built?", PAIR, BOTH).value is False
        assert found("Has the boat disappeared?", PAIR, BOTH).value is True

    def test_how_many_are_new(self) -> None:
        finding = found("How many new houses are there?", PAIR, BOTH)
        assert finding.value == 2
        assert finding.confidence == pytest.approx(0.72)
        assert finding.evidence == ("c1", "c2")

    def test_how_much_ground_became_something(self) -> None:
        finding = found("How many square metres became grass?", PAIR, BOTH)
        assert finding.value == pytest.approx(40 * 90 / 0.9996**2, rel=1e-4)
        lost = found("What percentage of the water was lost?", PAIR, BOTH)
        assert lost.value == pytest.approx(18.0)

    def test_trends_compare_the_first_frame_with_the_last(self) -> None:
        assert found("Has the water area shrunk?", PAIR, BOTH).value is True
        assert found("Has the water area grown?", PAIR, BOTH).value is False
        assert found("Did the number of houses increase?", PAIR, BOTH).value is True

    def test_a_kind_of_place_has_no_trend(self) -> None:
        assert found("Did the harbour get bigger?", PAIR, BOTH).refused

    def test_regions_of_all_changes(self) -> None:
        finding = found("Show where something changed.", PAIR, BOTH)
        assert [region.label for region in finding.regions] == [
            "appeared house", "appeared house", "water became grass",
        ]  # fmt: skip
        assert {region.frame for region in finding.regions} == {1}

    def test_facts_put_equal_changes_together(self) -> None:
        facts = found("What has changed?", PAIR, BOTH).facts
        assert [(fact.detail, fact.name, fact.number) for fact in facts] == [
            ("appeared", "house", 2), ("became", "water", 0.18), ("disappeared", "boat", 1),
        ]  # fmt: skip

    def test_one_image_cannot_have_changed(self) -> None:
        for question in ("What has changed?", "How many new houses are there?", "Has the forest shrunk?"):
            finding = found(question)
            assert finding.refused
            assert "two images" in finding.warnings[0]

    def test_the_frame_that_is_meant_is_asked(self) -> None:
        assert found("How many houses are there in the second image?", PAIR, BOTH).value == 3
        assert found("How many houses were there in 2019?", PAIR, BOTH).value == 1
        assert found("How many houses were there in May 2020?", PAIR, BOTH).value == 3
        assert "first of 2 images" in found("How many houses are there?", PAIR, BOTH).warnings[0]


class TestMotion:
    moving = tuple(
        replace(thing(f"o{index}", "car", (10 + 20 * index, 50, 15 + 20 * index, 53), frame=index), track="t1")
        for index in range(3)
    )
    still = tuple(replace(thing(f"p{index}", "car", (100, 80, 105, 83), frame=index), track="t2") for index in range(3))
    clip = replace(EVIDENCE, objects=(*moving, *still), cover=(), sizes=EVIDENCE.sizes * 3, valid_fraction=(1.0,) * 3)

    def test_each_track_is_a_path_through_its_centres(self) -> None:
        finding = found("Track the cars.", self.clip, scene_of(count=3))
        first = finding.regions[0]
        assert isinstance(first, Path)
        assert first.points == ((12.5, 51.5), (32.5, 51.5), (52.5, 51.5))
        assert len(finding.regions) == 2

    def test_moving_is_told_from_the_track(self) -> None:
        assert len(found("Track the moving cars.", self.clip, scene_of(count=3)).regions) == 1

    def test_one_image_has_no_tracks(self) -> None:
        assert found("Track the cars.").refused


class TestWays:
    def test_a_way_goes_around_the_water(self) -> None:
        ends = (Point(110, 5), Point(150, 85))
        finding = found("Find a way from <r0> to <r1>.", regions=ends)
        path = finding.regions[0]
        assert isinstance(path, Path)
        assert (path.points[0], path.points[-1]) == ((110.0, 5.0), (150.0, 85.0))
        assert all(x >= 100 or y >= 90 for x, y in path.points)

    def test_a_way_across_the_water_is_none(self) -> None:
        cut = cover_map()
        cut.labels[:, 10] = 0
        cut.labels[9, 10] = 0
        ends = (Point(150, 5), Point(5, 95))
        finding = found("Find a way from <r0> to <r1>.", replace(EVIDENCE, cover=(cut,)), regions=ends)
        assert finding.refused

    def test_a_way_between_things_ends_at_them(self) -> None:
        finding = found("How do I get from the truck to the house?")
        assert (finding.regions[0].outline[0].tolist(), finding.regions[0].outline[-1].tolist()) == (
            [156, 93],
            [171, 65],
        )


class TestChoices:
    @pytest.mark.parametrize(
        ("question", "letter"),
        [
            ("How many cars are there? A) 0 B) 1 C) 2 D) more than 2", "C"),
            ("How many cars are there? A) none B) 1-4 C) 5-9", "B"),
            ("What scene is it? A) beach B) harbour C) forest", "B"),
            ("Which of these can be seen? A) roundabout B) bridge C) stadium", "B"),
            ("What colour is the largest ship? A) red B) white C) blue", "B"),
            ("Is there a bridge? A) yes B) no", "A"),
            ("What percentage of the image is water? A) 10 % B) 45 % C) 80 %", "B"),
            ("Where is the ship in relation to the house? A) right of it B) left of it", "B"),
        ],
    )
    def test_the_likeliest_letter(self, question: str, letter: str) -> None:
        finding = found(question)
        assert finding.value == letter
        assert finding.confidence > 0.4

    def test_the_confidence_is_the_share_of_the_choice(self) -> None:
        finding = found("How many cars are there? A) 2 B) 3")
        assert finding.confidence == pytest.approx(0.558 / (0.558 + 0.324))

    def test_choices_that_nothing_speaks_for_are_refused(self) -> None:
        assert found("Which is it? A) a castle in Spain B) a unicorn").refused


class TestHonesty:
    @pytest.mark.parametrize(
        "question",
        [
            "How many zebras are there?",
            "Is there a lighthouse?",
            "Find all igloos.",
            "Segment the carpets.",
            "How much of the image is moss?",
        ],
    )
    def test_an_unknown_thing_is_never_counted(self, question: str) -> None:
        finding = found(question)
        assert finding.refused
        assert (finding.value, finding.regions, finding.unsure) == (None, (), True)
        assert finding.warnings[0].startswith("I do not know that thing: ")

    def test_things_too_small_for_the_pixels_are_not_called_absent(self) -> None:
        coarse = replace(EMPTY, gsd_m=10.0)
        finding = found("Are there cars?", coarse)
        assert finding.refused
        assert (finding.value, finding.unsure) == (None, True)
        assert "too small" in finding.warnings[0]

    def test_pixels_enlarged_for_the_look_are_told_as_the_image_has_them(self) -> None:
        thirty = scene_of(replace(PLACED, affine=(30.0, 0.0, 500_000.0, 0.0, -30.0, 5_000_000.0)))
        finding = found("Are there cars?", replace(EMPTY, gsd_m=15.0), thirty)
        assert finding.warnings[0].endswith("too small to be seen at 30 m a pixel")

    def test_what_is_doubted_is_no_surer_than_an_even_chance(self) -> None:
        finding = found("Are there any vans?", replace(EVIDENCE, quality=(Guess("q1", "noise", 0.9),)))
        assert finding.unsure
        assert finding.confidence <= 0.5

    def test_things_large_enough_for_the_pixels_may_be_called_absent(self) -> None:
        coarse = replace(EMPTY, gsd_m=10.0)
        assert not found("Is there a soccer field?", coarse).unsure

    def test_what_no_image_tells_is_refused(self) -> None:
        assert "temperature" in found("How hot is the roof?").warnings[0]
        assert "people" in found("Who owns the yellow truck?").warnings[0]

    def test_radar_has_no_colours(self) -> None:
        radar = replace(EVIDENCE, modality="sar")
        assert "colours" in found("How many red cars are there?", radar).warnings[0]

    def test_without_a_cover_map_ground_and_scenes_are_refused(self) -> None:
        bare = replace(EVIDENCE, modality="thermal", cover=(), scenes=(), tags=())
        assert "land cover" in found("How much of the image is water?", bare).warnings[0]
        assert "scenes" in found("What kind of scene is this?", bare).warnings[0]

    def test_cover_in_thermal_images_is_told_when_asked_for_and_never_without_doubt(self) -> None:
        thermal = replace(EVIDENCE, modality="thermal", scenes=(), tags=())
        water, seen = found("How much of the image is water?", thermal), found("How much of the image is water?")
        assert water.value == seen.value
        assert water.unsure
        assert "simulated scenes only" in " ".join(water.warnings)
        assert found("What is the land cover?", replace(thermal, objects=())).unsure
        assert not found("How many cars are there?", thermal).unsure
        assert all(fact.kind != "cover" for fact in found("Describe the image.", thermal).facts)

    def test_a_thing_that_the_eye_was_not_taught_is_not_called_absent(self) -> None:
        query = read("How many helicopters are there?")
        assert reason.answer(query, EVIDENCE, SCENE, known=("car", "ship", "trees")).refused
        assert not reason.answer(query, EVIDENCE, SCENE, known=("helicopter",)).refused

    @pytest.mark.parametrize(
        ("flag", "reason_word"), [("noise", "ground"), ("cloud", "clouds"), ("blur", "focus"), ("nodata", "data")]
    )
    def test_a_bad_image_makes_every_answer_unsure(self, flag: str, reason_word: str) -> None:
        bad = replace(EVIDENCE, quality=(Guess("q1", flag, 0.9),))
        for question in ("How many cars?", "Is there water?", "Describe the image.", "What kind of scene is this?"):
            finding = found(question, bad)
            assert finding.unsure
            assert any(reason_word in warning for warning in finding.warnings)

    def test_most_of_it_without_data_is_a_doubt(self) -> None:
        assert found("How many cars?", replace(EVIDENCE, valid_fraction=(0.3,))).unsure

    def test_a_question_that_is_not_understood_is_refused(self) -> None:
        assert found("Colourless green ideas sleep furiously, do they not, my dear Watson?").refused

    def test_north_without_a_place_is_up_and_says_so(self) -> None:
        finding = found("How many ships are in the north?", scene=scene_of(None))
        assert (finding.value, finding.unsure) == (1, True)
        assert any("north" in warning for warning in finding.warnings)

    def test_low_confidence_is_unsure(self) -> None:
        many = tuple(thing(f"o{i}", "car", (i, 0, i + 4, 4), 0.5) for i in range(20))
        finding = found("How many cars are there?", replace(EVIDENCE, objects=many))
        assert (finding.value, finding.unsure) == (10, True)


class TestTheFile:
    def test_the_metadata_answer_for_themselves(self) -> None:
        assert found("When was this image taken?").value == "2019-05-03 00:00 UTC"
        assert found("What resolution does it have?").value == "1 m"
        assert str(found("Where on Earth is this?").value).startswith("45.15")
        assert found("Where on Earth is this?", scene=scene_of(None)).refused


class TestFreeQuestions:
    @pytest.mark.parametrize(
        ("question", "value"),
        [
            ("How many cars are there?", "2"),
            ("Is there a bridge?", "yes"),
            ("What kind of scene is this?", "harbor"),
            ("What percentage of the image is water?", "45 %"),
            ("Where is the bridge?", "center"),
        ],
    )
    def test_any_question_has_a_short_answer(self, question: str, value: str) -> None:
        assert found(question, task=TaskName.VQA).value == value


def test_every_answer_to_the_second_frame_is_in_its_pixels() -> None:
    finding = found("Find all houses in the second image.", PAIR, BOTH)
    assert {region.frame for region in finding.regions} == {1}
    assert len(finding.regions) == len([each for each in AFTER if each.label == "house"])
