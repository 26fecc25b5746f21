"""Questions in Chinese: word by word into English, then read like any other."""

from __future__ import annotations

import pytest

from geoglot.models.nano.reading.chinese import english
from geoglot.models.nano.trained import open_reader
from tests.nano.meaning import meaning, read

READER = open_reader()


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("图中有多少艘船？", {"task": "count", "thing": "ship"}),
        ("图像里有几架飞机", {"task": "count", "thing": "airplane"}),
        ("左上角有多少辆红色汽车？",
         {"task": "count", "thing": "car", "attributes": [["colour", "red"]], "place": "upper left"}),
        ("有没有桥？", {"task": "presence", "thing": "bridge"}),
        ("这张图片中是否有游泳池？", {"task": "presence", "thing": "swimming pool"}),
        ("森林占多少？", {"task": "area", "thing": "forest", "unit": "%"}),
        ("水体的面积是多少公顷？", {"task": "area", "thing": "water", "unit": "ha"}),
        ("飞机在哪里？", {"task": "detect", "thing": "airplane"}),
        ("请标出所有的油罐", {"task": "detect", "thing": "storage tank"}),
        ("分割道路", {"task": "segment", "thing": "road"}),
        ("描述这幅图像", {"task": "caption"}),
        ("这是什么地方？", {"task": "classify"}),
        ("船比飞机多吗？", {"task": "compare", "thing": "ship", "other": "airplane"}),
        ("从桥到机场怎么走", {"task": "navigate", "thing": "bridge", "other": "airport"}),
        ("两期影像有什么变化？", {"task": "change-caption", "change": "any"}),
        ("河流旁边有多少房屋", {"task": "count", "thing": "house", "relation": ["near", "river"]}),
        ("停车场里有多少辆汽车", {"task": "count", "thing": "car", "relation": ["inside", "parking lot"]}),
        ("主要土地覆盖", {"task": "vqa", "aim": "most"}),
        ("图像是否多云", {"task": "presence", "thing": "cloud"}),
        ("有多少建筑物消失了", {"task": "count", "thing": "building", "change": "disappeared"}),
        ("图中有多少只大象", {"task": "count", "as": "大象"}),
    ],
)  # fmt: skip
def test_common_questions_in_chinese_are_read(question: str, expected: dict[str, object]) -> None:
    assert meaning(read(READER, question)) == expected


@pytest.mark.parametrize("text", ["How many ships?", "", "Où sont les bateaux ?", "船"])
def test_other_languages_are_left_alone_and_lone_words_are_nouns(text: str) -> None:
    assert english(text) == ("ships ?" if text == "船" else text)
