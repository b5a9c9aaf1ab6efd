"""What a school's or a shelter's page may choose for the chat in it: a colour, a theme, corners, headings. Pure.

Promises: whatever the colour, letters keep a contrast of 4.5 to 1 (WCAG 2.2, success criterion 1.4.3) on every
ground of tokens.css, in both themes; and nothing of what was given gets into the style sheet but values of ours.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.palette import changed_in_the_dark, palette

HEX = re.compile(r"#?([0-9a-fA-F]{6})")
CONTRAST = 4.5
Rgb = tuple[float, float, float]
"""Red, green and blue, each from 0 to 1."""

LIGHT_GROUND, LIGHT_SURFACE = palette("light")["ground"][1:], palette("light")["surface"][1:]
DARK_SURFACE = palette("dark")["surface"][1:]
"""The grounds of tokens.css that letters in the given colour stand on."""

THEMES = ("light", "dark")
CORNERS: Mapping[str, str] = {
    "square": "--corner: 0; --corner-s: 0;",
    "round": "--corner: 1.25rem; --corner-s: 1rem;",
}
HEADINGS: Mapping[str, str] = {
    "serif": '--face-head: Charter, "Iowan Old Style", Cambria, "Noto Serif", "Liberation Serif", Georgia, serif;',
    "sans": "--face-head: var(--face);",
}


@dataclass(frozen=True)
class Theme:
    """What a page chose. None: as tokens.css has it. ``colour``: six hex digits."""

    colour: str | None = None
    theme: str | None = None
    corners: str | None = None
    headings: str | None = None

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> Theme:
        """From an address; what is not known is left out."""
        theme, corners, headings = (asked.get(name) for name in ("theme", "corners", "headings"))
        return cls(
            colour=colour_of(asked.get("colour")),
            theme=theme if theme in THEMES else None,
            corners=corners if corners in CORNERS else None,
            headings=headings if headings in HEADINGS else None,
        )

    @property
    def chosen(self) -> dict[str, str]:
        """What was chosen, by the name it has in an address."""
        return {name: value for name, value in vars(self).items() if value}

    def css(self) -> str:
        """The style sheet that comes after tokens.css."""
        shape = CORNERS.get(self.corners or "", "") + HEADINGS.get(self.headings or "", "")
        parts = [f":root {{ {shape} }}\n"] if shape else []
        if self.theme:
            tokens = palette(self.theme)
            inside = " ".join(f"--{name}: {tokens[name]};" for name in changed_in_the_dark())
            parts.append(f":root {{ color-scheme: {self.theme}; {inside} }}\n")
        if self.colour:
            parts.append(theme_css(self.colour, only=self.theme))
        return "".join(parts)


def colour_of(asked: str | None) -> str | None:
    """Six hex digits in small letters; None for anything else."""
    found = HEX.fullmatch(asked or "")
    return found[1].lower() if found else None


def theme_css(colour: str, *, only: str | None = None) -> str:
    """The tokens that carry the colour, as a style sheet for both themes, or for one. ``colour``: six hex digits."""
    light = _until(rgb(colour), darker, lambda c: min(contrast(c, rgb(g)) for g in (LIGHT_GROUND, LIGHT_SURFACE)))
    dark = _until(rgb(colour), lighter, lambda c: contrast(c, rgb(DARK_SURFACE)))
    if only:
        at, surface = (light, LIGHT_SURFACE) if only == "light" else (dark, DARK_SURFACE)
        return f":root {{ {_tokens(at, towards=rgb(surface))} }}\n"
    return (
        f":root {{ {_tokens(light, towards=rgb(LIGHT_SURFACE))} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_tokens(dark, towards=rgb(DARK_SURFACE))} }} }}\n"
    )


def rgb(colour: str) -> Rgb:
    """Six hex digits as red, green and blue."""
    return (int(colour[0:2], 16) / 255, int(colour[2:4], 16) / 255, int(colour[4:6], 16) / 255)


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast ratio of two colours, from 1 to 21, as WCAG 2.2 defines it."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def darker(colour: Rgb) -> Rgb:
    """One small step towards black, the hue kept."""
    return _lightness(colour, -0.01)


def lighter(colour: Rgb) -> Rgb:
    """One small step towards white, the hue kept."""
    return _lightness(colour, 0.01)


def _until(colour: Rgb, step: Callable[[Rgb], Rgb], reached: Callable[[Rgb], float]) -> Rgb:
    """The first colour on the way that can be read; the way ends at black or white, which always can."""
    for _ in range(101):
        colour = _rounded(colour)  # what is measured is what will be written
        if reached(colour) >= CONTRAST:
            break
        colour = step(colour)
    return colour


def _tokens(rail: Rgb, *, towards: Rgb) -> str:
    inks = (palette(theme)["rail-ink"][1:] for theme in THEMES)
    ink = max(inks, key=lambda c: contrast(rgb(c), rail))
    soft, faint = _mixed(rail, towards, 0.14), _mixed(rail, towards, 0.4)
    return f"--rail: #{_hex(rail)}; --rail-ink: #{ink}; --rail-soft: #{_hex(soft)}; --rail-faint: #{_hex(faint)};"


def _luminance(colour: Rgb) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _lightness(colour: Rgb, change: float) -> Rgb:
    hue, light, saturation = colorsys.rgb_to_hls(*colour)
    return colorsys.hls_to_rgb(hue, min(1.0, max(0.0, light + change)), saturation)


def _mixed(colour: Rgb, ground: Rgb, share: float) -> Rgb:
    red, green, blue = (c * share + g * (1 - share) for c, g in zip(colour, ground, strict=True))
    return (red, green, blue)


def _rounded(colour: Rgb) -> Rgb:
    return rgb(_hex(colour))


def _hex(colour: Rgb) -> str:
    return "".join(f"{round(c * 255):02x}" for c in colour)
