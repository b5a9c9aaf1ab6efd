"""Invented names for cases, so that staff can speak of one without knowing who it is. Pure."""

from __future__ import annotations

import secrets

_HOW = (
    "amber brave bright calm clear early fair fresh gentle golden green kind light little long merry "
    "mild new open patient plain quick quiet ready round silver small soft still sunny swift tall true warm wide young"
).split()
_WHO = (
    "alder aspen beaver birch bison brook cedar cloud crane creek dune elm fern finch fox harbor hazel heron hill "
    "island lake lark lynx maple meadow moon moss oak otter owl pebble pine pond raven reed river robin sparrow spruce "
    "star stone swan thrush tide trout willow wren"
).split()


def designation() -> str:
    """A name such as "quiet heron": random, never derived from a person."""
    return f"{secrets.choice(_HOW)} {secrets.choice(_WHO)}"
