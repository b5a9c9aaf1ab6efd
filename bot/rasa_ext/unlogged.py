"""Copies that Rasa makes for its detailed log, also where nothing is logged: of all past states, three times a turn.

A log line is written at once, so a copy changes nothing in it. Left out only in modules that copy for nothing else.
"""

from __future__ import annotations

import ast
import inspect
from types import ModuleType
from typing import Any

from rasa.core import processor
from rasa.core.policies import rule_policy

MODULES: tuple[ModuleType, ...] = (processor, rule_policy)


class AsItIs:
    """Stands where such a module has ``copy``."""

    @staticmethod
    def deepcopy(value: Any) -> Any:
        """The value itself."""
        return value


def leave_out_copies() -> bool:
    """Whether every one of the modules copies for its log alone; if so, none does any more."""
    if not all(copies_for_its_log_alone(inspect.getsource(module)) for module in MODULES):
        return False
    for module in MODULES:
        module.copy = AsItIs  # type: ignore[attr-defined]
    return True


def copies_for_its_log_alone(source: str) -> bool:
    """Whether the name ``copy`` stands nowhere in a module but inside of its calls of ``structlogger.debug``."""
    nodes = list(ast.walk(ast.parse(source)))
    uses = {id(node) for node in nodes if isinstance(node, ast.Name) and node.id == "copy"}
    logged = {id(inside) for node in nodes if _is_log_line(node) for inside in ast.walk(node)}
    return bool(uses) and uses <= logged


def _is_log_line(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "structlogger.debug"
