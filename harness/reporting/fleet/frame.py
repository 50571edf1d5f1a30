"""Where the parts of a picture lie: names on the left, values on the right, the axis below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from harness.reporting.fleet.scales import Scale
from harness.reporting.svg import drawing

_LETTER: Final = 6.9
"""About how wide a letter is, in pixels: labels that would touch are left out."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture so wide, with so much room at either side of what is drawn, in pixels.

    `look` is the class by which a page shows it where it fits: `wide` or `narrow`.
    """

    look: str
    width: int
    left: int
    right: int
    steps: int
    """How many steps the axis of time may have."""

    @property
    def below_axis(self) -> int:
        """How high the labels of the axis are."""
        return 24

    def x(self, across: Scale, value: float) -> float:
        """Where this value of the axis lies."""
        return self.left + across.at(value) * (self.width - self.left - self.right)

    def axis(self, across: Scale, top: float, bottom: float, unit: str) -> Iterator[Markup]:
        """The axis across, with a line up from each tick."""
        yield self.label(unit, bottom + 17, muted=True)
        free = float(self.left) - 14
        for value, label in across.ticks:
            x = self.x(across, value)
            yield Markup('<path class="grid" d="M{x:.1f} {top:.1f}V{y:.1f}"/>').format(
                x=x, top=top, y=bottom + 4
            )
            half = len(label) * _LETTER / 2
            if x - half >= free:
                free = x + half + 8
                yield Markup(
                    '<text class="tick middle" x="{x:.1f}" y="{y:.1f}">{label}</text>\n'
                ).format(x=x, y=bottom + 17, label=label)

    def rule(self, y: float, *, strong: bool = False) -> Markup:
        """A line across, at the height of a tick."""
        return Markup('<path class="{look}" d="M{left} {y:.1f}H{right}"/>').format(
            look="base" if strong else "grid", left=self.left, y=y, right=self.width - self.right
        )

    def label(self, text: str, y: float, *, strong: bool = False, muted: bool = False) -> Markup:
        """Text on the left."""
        look = "name" if strong else "tick" if muted else "lane"
        return Markup('<text class="{look}" x="0" y="{y:.1f}">{text}</text>').format(
            look=look, y=y, text=text
        )

    def margin(self, text: str, y: float) -> Markup:
        """Text on the right."""
        return Markup('<text class="tick" x="{x}" y="{y:.1f}">{text}</text>\n').format(
            x=self.width - self.right + 7, y=y, text=text
        )

    def whole(
        self, body: Iterable[Markup], *, key: str, title: str, shows: str, height: int
    ) -> Markup:
        """The drawing itself."""
        return drawing(
            Markup("").join(body),
            look=f"plot {self.look}",
            key=key,
            title=title,
            shows=shows,
            width=self.width,
            height=height,
        )
