"""What is drawn lies where it belongs: within its frame, at its value, at its time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from xml.etree import ElementTree as ET

import msgspec
import pytest
from markupsafe import Markup

from harness.history.fleet_lines import DurationBuckets, FaultWindow, MeasuresLine
from harness.history.wording import describe_kind
from harness.reporting.fleet.pictures import Picture, latencies, pictures, requests_over_time
from harness.reporting.fleet.pictures import waitings as waiting_picture
from tests.unit.reporting.fleet.fleets import ALL, MIN, MS, H, S, calm, faulty

SVG = "{http://www.w3.org/2000/svg}"
EVERY = pytest.mark.parametrize("name", [name for name in ALL if name != "empty"])


def parsed(drawing: Markup) -> ET.Element:
    return ET.fromstring(str(drawing))


def of_class(drawing: ET.Element, look: str) -> list[ET.Element]:
    return [e for e in drawing.iter() if look in e.get("class", "").split()]


def places(path: str) -> Iterator[tuple[float, float]]:
    """Every point that a path goes through; the commands are those that are drawn here."""
    x = y = 0.0
    for command, rest in re.findall(r"([MLHVhvlz])([^MLHVhvlz]*)", path):
        numbers = [float(n) for n in rest.split()]
        match command:
            case "M" | "L":
                x, y = numbers
            case "H":
                (x,) = numbers
            case "V":
                (y,) = numbers
            case "h":
                x += numbers[0]
            case "v":
                y += numbers[0]
            case _:
                for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
                    x, y = x + dx, y + dy
                    yield x, y
        yield x, y


def drawn(picture: Picture) -> Iterator[ET.Element]:
    yield parsed(picture.wide)
    yield parsed(picture.narrow)


@EVERY
def test_all_that_is_drawn_lies_within_its_frame(name: str) -> None:
    shown = pictures(ALL[name]().measures)
    assert len(shown) == 4
    for picture in shown:
        for drawing in drawn(picture):
            width, height = int(drawing.get("width", 0)), int(drawing.get("height", 0))
            points = [p for e in drawing.iter(f"{SVG}path") for p in places(e.get("d", ""))]
            assert points
            points += [
                (float(e.get("cx", e.get("x", -1))), float(e.get("cy", e.get("y", -1))))
                for e in drawing.iter()
                if e.tag in (f"{SVG}circle", f"{SVG}text")
            ]
            assert all(0 <= x <= width and 0 <= y <= height for x, y in points), picture.title


@EVERY
def test_labels_of_an_axis_do_not_touch(name: str) -> None:
    for picture in pictures(ALL[name]().measures):
        for drawing in drawn(picture):
            labels = [(float(e.get("x", 0)), e.text or "") for e in of_class(drawing, "middle")]
            assert labels
            for (x, text), (next_x, next_text) in pairwise(labels):
                assert next_x - x > (len(text) + len(next_text)) / 2 * 6.5


@EVERY
def test_each_picture_says_in_words_what_it_shows_and_where_its_figures_are(name: str) -> None:
    for picture in pictures(ALL[name]().measures):
        assert picture.data.endswith(".csv")
        for drawing in drawn(picture):
            title, described = drawing.find(f"{SVG}title"), drawing.find(f"{SVG}desc")
            assert title is not None
            assert title.text == picture.title
            assert described is not None
            assert len(described.text or "") > 20


def test_a_picture_names_no_colour() -> None:
    for picture in pictures(faulty().measures):
        for drawing in drawn(picture):
            for element in drawing.iter():
                assert element.get("fill") in (None, "currentColor")
                assert element.get("stroke") is None
                assert element.get("style") is None


def simple(**changes: object) -> MeasuresLine:
    """Ten hours in steps of an hour, in which pending rises by 10 an hour to 100."""
    series = {"pending": [10 * n for n in range(1, 11)], "sent": [1] * 10, "paired": [0] * 10}
    series["operations"] = [3_600] * 10
    line = MeasuresLine(hosts=1, ended_at=10 * H, bucket=H, series=series)
    return msgspec.structs.replace(line, **changes)


def test_a_level_is_drawn_at_its_value_and_time() -> None:
    picture = requests_over_time(simple())
    assert picture is not None
    drawing = parsed(picture.wide)
    level = [*places(of_class(drawing, "line")[0].get("d", ""))]
    (left, base), (right, top) = level[0], level[-1]
    assert (left, right) == (140, 920 - 64)
    assert base - top == 96  # the height of the row, as 100 is the top of its scale
    assert level[5] == (pytest.approx((left + right) / 2, abs=0.1), pytest.approx(base - 48))


def test_bars_are_as_high_as_their_values_and_as_wide_as_their_steps() -> None:
    sent = [0, 4, 0, 0, 0, 0, 0, 0, 0, 2]
    picture = requests_over_time(simple(series={"sent": sent, "pending": [1] * 10}))
    assert picture is not None
    (bars, *_) = of_class(parsed(picture.wide), "bars")
    points = [*places(bars.get("d", ""))]
    base = points[0][1]
    step = (920 - 140 - 64) / 10
    assert [(round((x - 140) / step, 2), round((base - y) / 40, 2)) for x, y in points] == [
        (0, 0), (1, 0), (1, 1), (2, 1), (2, 0), (9, 0), (9, 0.5), (10, 0.5), (10, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("start", "end"), [(0, 10 * H), (5 * H, 6 * H), (3 * H, 3 * H), (9 * H, 10 * H)]
)
def test_a_window_lies_at_its_time_in_its_lane_and_in_the_shade(start: int, end: int) -> None:
    picture = requests_over_time(simple(faults=[FaultWindow("central", start, end)]))
    assert picture is not None
    for drawing, left, right in (
        (parsed(picture.wide), 140, 856),
        (parsed(picture.narrow), 96, 302),
    ):
        long = (end - start) > 5 * H
        assert bool(of_class(drawing, "shade")) is not long
        for element in (*of_class(drawing, "fault"), *of_class(drawing, "shade")):
            across = [x for x, _ in places(element.get("d", ""))]
            expected = [left + at / (10 * H) * (right - left) for at in (start, end)]
            assert min(across) == pytest.approx(expected[0], abs=0.1)
            assert max(across) == pytest.approx(max(expected[1], expected[0] + 1.5), abs=0.1)
        assert "Central down" in {e.text for e in drawing.iter(f"{SVG}text")}


def test_windows_a_few_pixels_apart_are_drawn_apart_and_closer_ones_as_one() -> None:
    starts = (0, H, H + 5 * MIN, H + 5 * MIN + S)
    windows = [FaultWindow("central", start, start + S) for start in starts]
    picture = requests_over_time(simple(faults=windows))
    assert picture is not None
    (lane,) = of_class(parsed(picture.wide), "fault")
    assert lane.get("d", "").count("M") == 3


def test_windows_that_are_told_apart_are_shaded_and_others_are_named_only() -> None:
    often = [FaultWindow("link", n * 10 * MIN, n * 10 * MIN + MIN) for n in range(50)]
    seldom = [FaultWindow("central", 2 * H, 2 * H + 5 * MIN)]
    picture = requests_over_time(simple(faults=[*often, *seldom]))
    assert picture is not None
    drawing = parsed(picture.wide)
    assert len([e for e in of_class(drawing, "shade") if e.get("d")]) == 1
    assert len(of_class(drawing, "fault")) == 2
    assert "Shaded: while the central side was down." in picture.about
    assert "Too long or too often to be shaded: links of hosts were down." in picture.about


def test_where_nothing_happens_any_more_the_axis_ends() -> None:
    shown = pictures(simple(ended_at=30 * H))
    assert "Of 1 d 6 h the first 10 h are shown" in shown[0].about
    ticks = [e.text for e in of_class(parsed(shown[0].wide), "middle")]
    assert ticks[-1] == "10 h"
    whole = pictures(simple(ended_at=11 * H))
    assert "are shown" not in whole[0].about


def test_of_a_long_series_no_extreme_is_lost() -> None:
    values = [5] * 1_440
    values[777], values[1_001] = 90, 0
    line = MeasuresLine(ended_at=1_440 * MIN, bucket=MIN, series={"pending": values})
    picture = requests_over_time(line)
    assert picture is not None
    path = of_class(parsed(picture.wide), "line")[0]
    levels = {y for _, y in places(path.get("d", ""))}
    scale = 96 / 100
    base = max(levels)
    assert base - min(levels) == pytest.approx(90 * scale, abs=0.1)
    assert len([*places(path.get("d", ""))]) < 400


def test_percentiles_lie_in_order_on_their_row_the_slowest_first() -> None:
    picture = latencies(calm().measures)
    assert picture is not None
    drawing = parsed(picture.wide)
    names = [e.text for e in of_class(drawing, "lane")]
    took = {describe_kind(k): h.percentile(990) for k, h in calm().measures.latency.items()}
    assert names == sorted(took, key=lambda name: (-took[name], name))[:-1]
    assert "These took no virtual time: View cluster." in picture.about
    for reach in of_class(drawing, "reach"):
        (left, _), (right, _) = places(reach.get("d", ""))
        assert 220 <= left <= right <= 840


def test_shares_of_what_waited_rise_from_nothing_to_all() -> None:
    waited = DurationBuckets([S, 2 * S, 60 * S], [1, 98, 1])
    picture = waiting_picture(MeasuresLine(waiting={"to_pair": waited}))
    assert picture is not None
    drawing = parsed(picture.wide)
    (line,) = of_class(drawing, "line")
    points = [*places(line.get("d", ""))]
    assert all(x <= nx and y >= ny for (x, y), (nx, ny) in pairwise(points))
    assert points[0][1] - points[-1][1] == 96
    assert len(of_class(drawing, "dot")) == 3


@pytest.mark.parametrize(
    "measures",
    [
        MeasuresLine(),
        MeasuresLine(ended_at=H, series={"pending": [0] * 60, "operations": [0] * 60}),
        MeasuresLine(
            latency={"ViewCluster": DurationBuckets([0], [9])},
            waiting={"to_pair": DurationBuckets()},
        ),
    ],
)
def test_of_nothing_there_is_no_picture(measures: MeasuresLine) -> None:
    assert pictures(measures) == []


@pytest.mark.parametrize(
    "measures",
    [
        MeasuresLine(ended_at=1, bucket=MIN, series={"sent": [1], "operations": [2]}),
        MeasuresLine(ended_at=MIN, bucket=MIN, series={"pending": [7], "operations": [1]}),
        MeasuresLine(latency={"ViewCluster": DurationBuckets([1], [1])}),
        MeasuresLine(latency={"ViewCluster": DurationBuckets([10**15], [1])}),
        MeasuresLine(waiting={"to_decide": DurationBuckets([MS], [1])}),
        MeasuresLine(ended_at=10**15, bucket=10**12, series={"sent": [10**9] * 1_000}),
    ],
)
def test_one_step_and_extremes_can_be_drawn(measures: MeasuresLine) -> None:
    shown = pictures(measures)
    assert shown
    for picture in shown:
        for drawing in drawn(picture):
            assert "nan" not in ET.tostring(drawing, "unicode")
            assert "inf" not in re.sub(r"<[^>]*desc.*?desc>", "", ET.tostring(drawing, "unicode"))
