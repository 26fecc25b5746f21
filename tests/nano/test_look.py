"""Looking: from pixels to evidence, in the whole raster's coordinates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoglot.errors import ModelError, NoData
from geoglot.models.nano.cache import Looks, content_key
from geoglot.models.nano.changes import patches
from geoglot.models.nano.colours import named
from geoglot.models.nano.decode import Peak, calibrated, cover_map, one_each_place
from geoglot.models.nano.events import Comparison, DatedLook
from geoglot.models.nano.eye import Sight
from geoglot.models.nano.look import look, tiles, twice_seen
from geoglot.models.nano.shown import show
from geoglot.models.nano.slots import SEA_DB, SLOTS
from geoglot.models.nano.weights import Calibration
from geoglot.regions import Box, OrientedBox
from geoglot.scenes import SceneKind
from geoglot.sensors import Band, Kind, Unit
from tests.nano.frames import OBJECTS, PlantedEye, frame, picture, put, scene, weights

CO = SLOTS.index("co")


def car(p: float = 0.9) -> PlantedEye:
    """Sees one car of 20 x 12 pixels around (42, 34) of whatever it is shown."""
    return PlantedEye(lambda sight, _: put(sight, 0, (8, 10), (20, 12), p=p))


def test_an_object_lies_where_it_was_seen() -> None:
    evidence = look(scene(frame(picture())), car())
    (thing,) = evidence.objects
    box = thing.region.bounds
    assert (thing.id, thing.label, thing.score) == ("o1", "car", pytest.approx(0.9, abs=1e-3))
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((32, 28, 52, 40))
    assert evidence.sizes == ((576, 512),)
    assert evidence.looked == Box(0, 0, 576, 512)


def test_a_large_image_is_shrunk_and_says_so() -> None:
    evidence = look(scene(frame(picture(2560, 1920), gsd_m=0.05)), car())
    box = evidence.objects[0].region.bounds
    factor = 2560 / 661  # 661 x 496 pixels are one look
    assert (box.x0, box.y1) == pytest.approx((32 * factor, 40 * factor), rel=1e-2)
    assert evidence.gsd_m == pytest.approx(0.05 * factor, rel=1e-2)
    assert "small things are lost" in evidence.warnings[0]


def test_a_small_image_is_enlarged() -> None:
    evidence = look(scene(frame(picture(64, 64))), car())
    assert evidence.objects[0].region.bounds.x0 == pytest.approx(32 / 3)


def test_pixels_enlarged_to_find_things_are_no_finer_pixels() -> None:
    assert look(scene(frame(picture(256, 256), gsd_m=0.3)), car()).gsd_m == pytest.approx(0.3)


def test_a_window_is_told_in_pixels_of_the_whole_raster() -> None:
    part = scene(frame(picture(600, 400))).window(Box(300, 100, 556, 292))
    evidence = look(part, car())
    assert evidence.objects[0].region.bounds.x0 == pytest.approx(300 + 32 / 1.5)  # a look has pixels to spare
    assert evidence.looked == Box(300, 100, 556, 292)
    assert evidence.cover[0].box == Box(300, 100, 556, 292)


def test_tiles_find_small_things_once() -> None:
    def plant(sight: object, image: np.ndarray) -> None:
        for y, x in np.argwhere(image[0] > 1.9):  # white pixels are the centres of cars
            if y % image.shape[1] > 3 and image.shape[1] > 200:
                put(sight, 0, (int(y) // 4, int(x) // 4), (20, 12))  # type: ignore[arg-type]

    pixels = picture(1500, 700)
    spots = [(100, 100), (480, 340), (900, 600), (1400, 50)]
    for x, y in spots:
        pixels[:, y, x] = 255
    evidence = look(scene(frame(pixels)), PlantedEye(plant), tile=True)
    assert evidence.gsd_m == frame(pixels).gsd_m  # not that of the whole frame, shrunk
    centres = sorted(thing.region.bounds.centre for thing in evidence.objects)
    assert [(round(x), round(y)) for x, y in centres] == [pytest.approx(spot, abs=4) for spot in sorted(spots)]
    assert not evidence.warnings


@pytest.mark.parametrize(("width", "height"), [(100, 100), (512, 513), (3000, 700)])
def test_tiles_cover_everything_and_stay_inside(width: int, height: int) -> None:
    seen = np.zeros((height, width), bool)
    for box in tiles(width, height, side=512, overlap=96):
        assert box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height  # noqa: PT018
        seen[int(box.y0) : int(np.ceil(box.y1)), int(box.x0) : int(np.ceil(box.x1))] = True
    assert seen.all()


def test_two_labels_in_one_place_are_one_object_with_an_alternative() -> None:
    peaks = [
        Peak("car", 0.6, (0, 0, 10, 10), None),
        Peak("tree", 0.3, (1, 0, 10, 10), None),
        Peak("car", 0.2, (50, 0, 60, 10), None),
    ]
    kept = one_each_place(peaks)
    assert [(peak.label, peak.others) for peak in kept] == [("car", (("tree", 0.3),)), ("car", ())]


def test_a_long_thing_that_was_boxed_twice_is_one_and_neighbours_are_not() -> None:
    def lying(x: float, y: float, angle_deg: float, score: float, *, long: float = 40) -> Peak:
        box = OrientedBox(x, y, long, 5, angle_deg).bounds
        return Peak("ship", score, (box.x0, box.y0, box.x1, box.y1), (x, y, long, 5, angle_deg))

    ship, stern = lying(135, 60, 132, 0.9), lying(125, 71, 136, 0.6)
    moored, ahead = lying(147, 71, 132, 0.5), lying(107, 91, 132, 0.4)
    assert one_each_place([ship, stern, moored, ahead]) == [ship, moored, ahead]
    most, end = lying(95, 83, 132, 0.9, long=31), lying(105, 71, 134, 0.8, long=20)
    assert one_each_place([most, end]) == [most]


def test_of_a_thin_thing_two_boxes_beside_each_other_are_one_and_moored_ones_are_not() -> None:
    def lying(x: float, y: float, angle_deg: float, score: float, *, long: float) -> Peak:
        box = OrientedBox(x, y, long, 3, angle_deg).bounds
        return Peak("ship", score, (box.x0, box.y0, box.x1, box.y1), (x, y, long, 3, angle_deg))

    ship, stern = lying(134, 65, 126, 0.8, long=41), lying(125, 72, 134, 0.7, long=30)
    assert one_each_place([ship, stern]) == [ship]
    quay, moored = lying(134, 65, 0, 0.8, long=41), lying(130, 70, 0, 0.7, long=38)
    assert one_each_place([quay, moored]) == [quay, moored]


def test_a_thing_of_impossible_size_is_not_believed() -> None:
    assert look(scene(frame(picture(), gsd_m=0.3)), car()).objects
    assert not look(scene(frame(picture(), gsd_m=10.0)), car()).objects


@pytest.mark.parametrize(("side_px", "told"), [(2.2, True), (1.8, False)])
def test_a_dot_is_no_object(side_px: float, told: bool) -> None:
    eye = PlantedEye(lambda sight, _: put(sight, 0, (20, 20), (side_px, side_px)))
    assert bool(look(scene(frame(picture())), eye).objects) is told


def test_a_class_that_was_not_taught_in_the_modality_is_never_reported() -> None:
    eye = car()
    eye.weights = weights(taught=(("rgb", frozenset({"tree"})),))
    assert not look(scene(frame(picture())), eye).objects


def test_scores_follow_the_calibration() -> None:
    eye = car(p=0.5)
    eye.weights = weights(calibration=Calibration(objects=(("rgb", (1.0, 2.0)),)))
    assert look(scene(frame(picture())), eye).objects[0].score == pytest.approx(1 / (1 + np.exp(-2)))
    assert calibrated(np.array([0.2], np.float32), (1.0, 0.0))[0] == pytest.approx(0.2)


def test_a_slanted_long_thing_is_an_oriented_box() -> None:
    eye = PlantedEye(lambda sight, _: put(sight, 0, (20, 20), (30, 30), turn=(36, 12, 45)))
    region = look(scene(frame(picture())), eye).objects[0].region
    assert isinstance(region, OrientedBox)
    assert (region.w, region.h, region.angle_deg) == pytest.approx((36, 12, 45), rel=1e-3)


def test_colour_is_told_from_the_pixels_of_a_colour_image_only() -> None:
    pixels = picture()
    pixels[0, 28:40, 32:52] = 230
    pixels[1:, 28:40, 32:52] = 20
    assert look(scene(frame(pixels)), car()).objects[0].attributes == (("colour", "red", 1.0),)
    thermal = frame(picture()[:1], [frame(picture()).channels[0].band], kind=Kind.THERMAL)
    assert look(scene(thermal), car()).objects[0].attributes == ()


@pytest.mark.parametrize(
    ("pixel", "name"),
    [((1, 1, 1), "white"), ((0.5, 0.5, 0.5), "grey"), ((0.05, 0.05, 0.1), "black"), ((0.1, 0.2, 0.9), "blue"),
     ((0.9, 0.8, 0.1), "yellow"), ((0.45, 0.25, 0.1), "brown"), ((0.2, 0.6, 0.2), "green")],
)  # fmt: skip
def test_colours_have_their_usual_names(pixel: tuple[float, float, float], name: str) -> None:
    assert named(np.array([pixel], np.float32)) == [name]


def test_cells_without_data_have_no_cover() -> None:
    pixels = picture()
    pixels[:, :, :128] = np.nan
    (cover,) = look(scene(frame(pixels)), PlantedEye()).cover
    assert (cover.labels[:, :32] == 255).all()
    assert (cover.labels[:, 32:] == 1).all()


def test_traces_tell_of_all_classes_whatever_their_boxes() -> None:
    def plant(sight: Sight, _image: np.ndarray) -> None:
        put(sight, 0, (10, 12), (20, 20), p=0.03)
        put(sight, 1, (10, 12), (20, 20), p=0.4)

    eye = PlantedEye(plant, weights(taught=(("rgb", frozenset({OBJECTS[1]})),)))
    evidence = look(scene(frame(picture())), eye)
    assert [trace.label for trace in evidence.traces] == [OBJECTS[1], OBJECTS[0]]
    assert (evidence.traces[0].x, evidence.traces[0].y) == pytest.approx((50, 42))
    assert {thing.label for thing in evidence.objects} <= {OBJECTS[1]}


def test_weights_of_clouds_that_do_not_fit_the_eye_are_refused() -> None:
    size = (64, 64)
    shown = show(frame(picture()), Box(0, 0, *size), size)
    assert shown is not None
    nothing = np.zeros((3, 16, 16), np.float32)
    sight = Sight(nothing, nothing, nothing, nothing, nothing, np.full(3, 5, np.float32), dense=nothing)
    cover_map(sight, shown, weights(calibration=Calibration(clouds=(0.0,) * 4)), frame=0)
    with pytest.raises(ModelError, match="does not fit the eye"):
        cover_map(sight, shown, weights(calibration=Calibration(clouds=(0.0,) * 7)), frame=0)


def test_thermal_images_have_no_scene() -> None:
    warm = frame(picture()[:1], [frame(picture()).channels[0].band], kind=Kind.THERMAL)
    evidence = look(scene(warm), PlantedEye())
    assert (evidence.scenes, evidence.tags) == ((), ())
    assert evidence.modality == "thermal"


def test_an_image_of_nodata_is_an_error() -> None:
    with pytest.raises(NoData):
        look(scene(frame(picture(value=np.nan))), PlantedEye())


def test_what_nano_cannot_see_gives_empty_evidence_and_a_reason() -> None:
    heights = replace(frame(picture()), sensor=replace(frame(picture()).sensor, kind=Kind.ELEVATION))
    eye = PlantedEye()
    evidence = look(scene(heights), eye)
    assert eye.looks == 0
    assert "cannot see elevation" in evidence.warnings[0]


def test_objects_appear_and_disappear_between_two_dates() -> None:
    def plant(sight: object, image: np.ndarray) -> None:
        put(sight, 0, (8, 10), (20, 12))  # type: ignore[arg-type]
        put(sight, 2, (30, 40) if image[0, 0, 0] > 0 else (30, 12), (40, 40))  # type: ignore[arg-type]

    pair = scene(frame(picture(value=40)), frame(picture(value=200)), kind=SceneKind.PAIR)
    changes = look(pair, PlantedEye(plant)).changes
    assert [(change.kind, change.what) for change in changes] == [("disappeared", "building"), ("appeared", "building")]
    assert [change.id for change in changes] == ["c1", "c2"]
    assert changes[1].region.bounds.centre == pytest.approx((162, 122))
    assert all(change.region.frame == 1 for change in changes)


def test_ground_that_became_something_else_is_a_mask() -> None:
    def plant(sight: object, image: np.ndarray) -> None:
        if image[0, 0, 0] > 0:
            sight.cover[0, 10:20, 30:40] = 20.0  # type: ignore[attr-defined]

    pair = scene(frame(picture(value=40)), frame(picture(value=200)), kind=SceneKind.PAIR)
    (change,) = look(pair, PlantedEye(plant)).changes
    assert (change.kind, change.what, change.became) == ("became", "grass", "water")
    assert change.region.bounds == Box(120, 40, 160, 80, label="water", score=change.region.score, frame=1)


def test_patches_are_connected_by_edges() -> None:
    code = np.array([[1, 1, 0, 2], [0, 1, 0, 2], [3, 0, 3, 2]], np.int32)
    assert sorted(len(cells) for cells in patches(code)) == [1, 1, 3, 3]


def test_a_moving_car_of_a_video_keeps_its_track() -> None:
    def plant(sight: object, image: np.ndarray) -> None:
        step = round(float(image[0, 0, 0]) / 0.2)
        put(sight, 0, (8, 20 + 3 * step), (20, 12))  # type: ignore[arg-type]
        if step == 0:
            put(sight, 0, (40, 50), (20, 12))  # type: ignore[arg-type]

    frames = [frame(picture(value=127.5 + 12.75 * step)) for step in range(4)]
    things = look(scene(*frames, kind=SceneKind.VIDEO), PlantedEye(plant)).objects
    assert [thing.track for thing in things if thing.region.bounds.y0 < 60] == ["t1"] * 4
    assert [thing.track for thing in things if thing.region.bounds.y0 > 60] == [None]


def test_long_videos_are_sampled_and_say_so() -> None:
    eye = PlantedEye()
    evidence = look(scene(*[frame(picture())] * 100, kind=SceneKind.VIDEO), eye)
    assert eye.looks == 12
    assert len(evidence.sizes) == 100
    assert evidence.warnings == ("looked at 12 of 100 frames",)


def test_a_second_look_at_the_same_file_is_free(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(b"1")
    eye, looks = PlantedEye(), Looks()
    for _ in range(2):  # read twice: two scenes of one file
        one = scene(frame(picture(), paths=(path,)))
        looks.get(one, tile=False, make=lambda one=one: look(one, eye))
    assert eye.looks == 1
    path.write_bytes(b"22")
    assert content_key(one) != content_key(scene(frame(picture(64, 64), paths=(path,))))


def test_scenes_without_files_are_remembered_by_themselves() -> None:
    one, other = scene(frame(picture())), scene(frame(picture()))
    assert content_key(one) == content_key(one)
    assert content_key(one) != content_key(other)


def test_scenes_and_tags_are_the_mean_of_a_look_and_a_glance() -> None:
    class Glancing(PlantedEye):
        def gist(self, image: np.ndarray, present: np.ndarray) -> tuple[np.ndarray, ...]:
            assert image.shape[1:] == (64, 128)  # 160 x 100 pixels shrunk to 100 x 62, on the eye's grid of 32
            return np.float32([3.0, 0.0]), np.float32([0.0, 2.0]), np.zeros(3, np.float32)

    shown = show(frame(picture(160, 100)), Box(0, 0, 160, 100), (160, 100))
    assert shown is not None
    seen = twice_seen(shown, Glancing())
    assert seen.scene.tolist() == [1.5, 0.0]
    assert seen.tags.tolist() == [0.0, 1.0]


def test_what_was_enlarged_to_find_things_is_seen_as_a_whole_at_its_first_size() -> None:
    seen: list[tuple[int, ...]] = []

    class Glancing(PlantedEye):
        def gist(self, image: np.ndarray, present: np.ndarray) -> tuple[np.ndarray, ...]:
            seen.append(image.shape[1:])
            first = np.float32([1.0, 0.0])
            return first, first, np.float32([len(seen), 0.0, 0.0])

    shown = show(frame(picture(256, 256)), Box(0, 0, 256, 256), (384, 384))
    assert shown is not None
    sight = twice_seen(shown, Glancing())
    assert seen == [(256, 256), (160, 160)]
    assert sight.scene.tolist() == [1.0, 0.0]
    assert sight.quality[0] == 1  # blur of the picture, not of its enlargement


@pytest.mark.parametrize(
    ("unit", "water_rows", "looks"),
    [(Unit.AMPLITUDE, 12, 2), (Unit.AMPLITUDE, 2, 1), (Unit.SIGMA0, 12, 1)],
    ids=["sea without calibration", "land without calibration", "calibrated sea"],
)
def test_uncalibrated_sea_is_seen_again_as_dark_as_sea_is(unit: Unit, water_rows: int, looks: int) -> None:
    seen: list[float] = []

    def plant(sight: Sight, image: np.ndarray) -> None:
        seen.append(float(np.median(image[CO])))
        sight.cover[0, :water_rows] = 9.0

    amplitude = np.random.default_rng(0).rayleigh(20.0, (1, 256, 256)).astype(np.float32)
    radar = frame(amplitude, [Band("vv", common="vv", unit=unit)], kind=Kind.SAR)
    look(scene(radar), PlantedEye(plant))
    assert len(seen) == looks
    if looks == 2:
        assert seen[0] - seen[1] == pytest.approx(4 * SEA_DB / 30, abs=0.01)


def test_tiles_of_uncalibrated_sea_are_seen_again_too() -> None:
    eye = PlantedEye(lambda sight, _image: sight.cover.__setitem__((0, slice(0, 40)), 9.0))
    amplitude = np.random.default_rng(0).rayleigh(20.0, (1, 600, 600)).astype(np.float32)
    radar = frame(amplitude, [Band("vv", common="vv", unit=Unit.AMPLITUDE)], kind=Kind.SAR)
    look(scene(radar), eye, tile=True)
    assert eye.looks == 2 * (1 + 4)


class CloudyEye(PlantedEye):
    """Sees clouds over the upper left of bright pictures, and keeps what it was given to compare."""

    def see(self, image: np.ndarray, present: np.ndarray, *, dense: bool = False) -> Sight:
        sight = super().see(image, present, dense=dense)
        features = np.zeros((1, *sight.cover.shape[1:]), np.float32)
        if image[0, 0, 0] > 0:
            features[:, :20, :20] = 1.0
            sight.quality[0] = 5.0
        return replace(sight, dense=features)

    def change(self, before: DatedLook, after: DatedLook, present: np.ndarray) -> Comparison | None:
        self.compared = before, after
        return None


def test_what_lies_under_a_cloud_of_one_date_is_not_compared_and_the_answer_says_so() -> None:
    eye = CloudyEye(weights=weights(calibration=Calibration(clouds=(20.0, -10.0))))
    clear, cloudy = frame(picture(value=40)), frame(picture(value=200))
    seen = look(scene(clear, cloudy, kind=SceneKind.PAIR), eye)
    before, after = eye.compared
    assert (before.dense == after.dense).all()
    assert "2% of the pair lies under cloud on one date and was not compared" in seen.warnings
    assert not any("under cloud" in each for each in look(scene(clear, clear, kind=SceneKind.PAIR), eye).warnings)
