"""Draws a poster, a card, or a sheet of cards as PDF, with the fonts inside. Pure: the same order makes the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any

import segno
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4, letter
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from bot.palette import palette
from bot.printed.order import Order, PrintRefused

FONTS = Path(__file__).parent / "fonts"
PLAIN, BOLD = "HandrailPlain", "HandrailBold"
RAIL, INK, SOFT, LINE, WHITE, PALE = (
    HexColor(palette("light")[name]) for name in ("rail", "ink", "ink-soft", "line", "rail-ink", "rail-soft")
)
DEEP = Color(RAIL.red * 0.82, RAIL.green * 0.82, RAIL.blue * 0.82)
"""The rail in its own shade, on a ground of its own colour."""
MM = 72 / 25.4
CARD = (85.6 * MM, 54 * MM)
"""The size of a bank card, ISO/IEC 7810 ID-1, so that it fits where those fit."""
ACROSS, DOWN = 2, 5
LEAST = 7.0
"""Points: smaller letters on a card are read by nobody."""

Say = Callable[..., str]
"""Words by id without their common beginning, in the order's language."""


@dataclass(frozen=True)
class Pen:
    """A canvas, the order and its words."""

    canvas: Any
    order: Order
    say: Say

    def line(self, text: str, x: float, y: float, *, font: str, size: float, colour: Any) -> None:
        """One line of text, its baseline at y."""
        self.canvas.setFillColor(colour)
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, y, text)

    def block(
        self, text: str, x: float, y: float, *, width: float, size: float, colour: Any, leading: float, font: str = PLAIN
    ) -> float:
        """Text in lines below y; returns the y below the last one."""
        for row in simpleSplit(text, font, size, width):
            y -= size * leading
            self.line(row, x, y + size * (leading - 1), font=font, size=size, colour=colour)
        return y


def drawn(order: Order, say: Say, *, single: bool = False) -> bytes:
    """The PDF of a checked order; ``single``: one card by itself instead of a sheet of ten. Raises PrintRefused."""
    _register()
    paper = A4 if order.paper == "a4" else letter
    size = CARD if order.kind == "card" and single else paper
    out = BytesIO()
    canvas = Canvas(out, pagesize=size, invariant=1)
    canvas.setTitle(say("title"))
    canvas.setAuthor(order.agency)
    canvas.setSubject("")
    canvas._doc.Catalog.Lang = order.lang  # reportlab has no door for it; screen readers need it
    pen = Pen(canvas, order, say)
    if order.kind == "poster":
        _poster(pen, *size)
    elif single:
        _card(pen)
    else:
        _sheet(pen, *size)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


@cache
def _register() -> None:
    pdfmetrics.registerFont(TTFont(PLAIN, str(FONTS / "AtkinsonHyperlegibleNext-Regular.ttf")))
    pdfmetrics.registerFont(TTFont(BOLD, str(FONTS / "AtkinsonHyperlegibleNext-Bold.ttf")))


def _fitting(text: str, *, font: str, width: float, largest: float, smallest: float, what: str) -> float:
    """The largest size at which one line fits. Raises PrintRefused."""
    missing = sorted({c for c in text if ord(c) not in pdfmetrics.getFont(font).face.charToGlyph})
    if missing:
        raise PrintRefused(f"The printed letters have no {missing[0]!r}. Write {what} without it.")
    size = min(largest, largest * width / max(pdfmetrics.stringWidth(text, font, largest), 1))
    if size < smallest:
        raise PrintRefused(f"{what[0].upper()}{what[1:]} is too long to be read. Shorten it.")
    return float(size)


def _in_two_lines(text: str, *, width: float, largest: float) -> float:
    """The largest size at which the headline takes two lines."""
    size = largest
    while len(simpleSplit(text, BOLD, size, width)) > 2:
        size *= 0.97
    return size


def _poster(pen: Pen, width: float, height: float) -> None:
    canvas, order, say, edge = pen.canvas, pen.order, pen.say, width * 0.085
    inner, split = width - 2 * edge, width * 0.64
    canvas.setFillColor(RAIL)
    canvas.rect(0, split, width, height - split, stroke=0, fill=1)
    _rail(canvas, width, split, height - split)
    size = _in_two_lines(say("headline"), width=inner, largest=width * 0.125)
    y = pen.block(say("headline"), edge, height - edge, width=inner, font=BOLD, size=size, colour=WHITE, leading=1.06)
    pen.block(say("offer"), edge, y - width * 0.035, width=inner * 0.95, size=width * 0.042, colour=PALE, leading=1.32)

    code = width * 0.285
    top = split - edge * 0.85
    _code(canvas, order.address, edge, top - code, code)
    right, room = edge + code + edge * 0.7, inner - code - edge * 0.7
    y = top - width * 0.026
    pen.line(say("scan"), right, y, font=PLAIN, size=width * 0.034, colour=SOFT)
    size = _fitting(order.shown_address, font=BOLD, width=room, largest=width * 0.046, smallest=9, what="the address")
    y -= width * 0.056
    pen.line(order.shown_address, right, y, font=BOLD, size=size, colour=RAIL)
    if order.number:
        y -= width * 0.075
        pen.line(say("text"), right, y, font=PLAIN, size=width * 0.034, colour=SOFT)
        size = _fitting(order.number, font=BOLD, width=room, largest=width * 0.074, smallest=14, what="the number")
        pen.line(order.number, right, y - width * 0.077, font=BOLD, size=size, colour=RAIL)
    y = top - code - edge * 0.55
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(1)
    canvas.line(edge, y, width - edge, y)
    y -= width * 0.022
    small = partial(pen.block, width=inner, size=width * 0.0235, leading=1.4)
    y = small(f"{say('who')} {say('limits')}", edge, y, colour=INK)
    also = (say("emergency") if order.emergency else "", say("rates") if order.number else "")
    small(" ".join(filter(None, also)), edge, y, colour=SOFT)
    if order.agency:
        size = _fitting(order.agency, font=BOLD, width=inner, largest=width * 0.03, smallest=9, what="the name")
        pen.line(order.agency, edge, max(edge * 0.55, 22), font=BOLD, size=size, colour=INK)


def _sheet(pen: Pen, width: float, height: float) -> None:
    wide, high = CARD
    left, bottom = (width - ACROSS * wide) / 2, (height - DOWN * high) / 2
    for column in range(ACROSS):
        for row in range(DOWN):
            pen.canvas.saveState()
            pen.canvas.translate(left + column * wide, bottom + row * high)
            _card(pen)
            pen.canvas.restoreState()
    pen.canvas.setStrokeColor(SOFT)
    pen.canvas.setLineWidth(0.4)
    for column in range(ACROSS + 1):
        for y in (bottom - 10, bottom + DOWN * high + 3):
            pen.canvas.line(left + column * wide, y, left + column * wide, y + 7)
    for row in range(DOWN + 1):
        for x in (left - 10, left + ACROSS * wide + 3):
            pen.canvas.line(x, bottom + row * high, x + 7, bottom + row * high)


def _card(pen: Pen) -> None:
    canvas, order, say = pen.canvas, pen.order, pen.say
    wide, high = CARD
    edge, code = 5 * MM, 25 * MM
    canvas.setFillColor(WHITE)
    canvas.rect(0, 0, wide, high, stroke=0, fill=1)
    canvas.setFillColor(RAIL)
    canvas.rect(0, 0, 2 * MM, high, stroke=0, fill=1)
    left, room = edge + 1.5 * MM, wide - code - 3 * edge - 0.5 * MM
    y = pen.block(say("headline"), left, high - edge * 0.85, width=room, font=BOLD, size=14, colour=RAIL, leading=1.08)
    pen.block(say("offer"), left, y - 4, width=room, size=7.2, colour=INK, leading=1.25)
    _code(canvas, order.address, wide - edge - code, high - edge - code, code)
    y, full = high - edge - code - 5, wide - left - edge
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.5)
    canvas.line(left, y, wide - edge, y)
    if order.number:
        y -= 13
        pen.line(say("text"), left, y, font=PLAIN, size=7.2, colour=SOFT)
        beside = left + pdfmetrics.stringWidth(say("text"), PLAIN, 7.2) + 4
        size = _fitting(order.number, font=BOLD, width=wide - edge - beside, largest=11, smallest=8, what="the number")
        pen.line(order.number, beside, y, font=BOLD, size=size, colour=INK)
    size = _fitting(order.shown_address, font=BOLD, width=full, largest=8.4, smallest=LEAST, what="the address")
    y -= 11.5
    pen.line(order.shown_address, left, y, font=BOLD, size=size, colour=RAIL)
    also = " ".join(filter(None, (say("card"), say("emergency") if order.emergency else "")))
    pen.block(also, left, y - 3, width=full, size=LEAST, colour=SOFT, leading=1.16)
    if order.agency:
        size = _fitting(order.agency, font=BOLD, width=full, largest=7.6, smallest=LEAST, what="the name")
        pen.line(order.agency, left, 2.4 * MM, font=BOLD, size=size, colour=INK)


def _rail(canvas: Any, width: float, bottom: float, high: float) -> None:
    """The mark's own handrail, large, going up the way one reads."""
    canvas.saveState()
    clip = canvas.beginPath()
    clip.rect(0, bottom, width, high)
    canvas.clipPath(clip, stroke=0, fill=0)
    canvas.setStrokeColor(DEEP)
    canvas.setLineCap(1)
    canvas.setLineWidth(width * 0.013)
    for x, y in ((0.2, 0.05), (0.42, 0.1), (0.64, 0.2), (0.86, 0.27)):
        canvas.line(width * x, bottom - 10, width * x, bottom + high * y)
    canvas.setLineWidth(width * 0.036)
    path = canvas.beginPath()
    path.moveTo(-width * 0.05, bottom + high * 0.05)
    path.lineTo(width * 0.2, bottom + high * 0.05)
    path.curveTo(width * 0.34, bottom + high * 0.05, width * 0.37, bottom + high * 0.075, width * 0.45, bottom + high * 0.115)
    path.lineTo(width * 0.65, bottom + high * 0.215)
    path.curveTo(width * 0.72, bottom + high * 0.25, width * 0.76, bottom + high * 0.27, width * 0.85, bottom + high * 0.27)
    path.lineTo(width * 1.05, bottom + high * 0.27)
    canvas.drawPath(path)
    canvas.restoreState()


def _code(canvas: Any, address: str, x: float, y: float, side: float) -> None:
    """A QR code as squares that stay sharp at any size; error correction M survives a fold or a scratch."""
    rows = list(segno.make_qr(address, error="m", boost_error=True).matrix)
    square = side / len(rows)
    path = canvas.beginPath()
    for down, row in enumerate(rows):
        start = None
        for across, dark in enumerate([*row, 0]):
            if dark and start is None:
                start = across
            if not dark and start is not None:  # one run is one rectangle, so that no hairline shows between squares
                path.rect(x + start * square, y + side - (down + 1) * square, (across - start) * square, square * 1.05)
                start = None
    canvas.setFillColor(INK)
    canvas.drawPath(path, stroke=0, fill=1, fillMode=1)  # non-zero: where rows overlap, even-odd would leave white stripes
