"""A shortcut into Rasa's inside says what Rasa says, or is not taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.slow

SLOT = {"event": "slot", "name": "a", "value": 1}


@pytest.fixture
def untouched() -> Iterator[None]:
    """Rasa's own check of what an action returned is put back afterwards."""
    from rasa.core.actions.action import RemoteAction

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RemoteAction, "_validate_action_result", RemoteAction._validate_action_result)
        yield


def checked() -> Any:
    from rasa.core.actions.action import RemoteAction

    from bot.rasa_ext.shortcuts import Checked

    return Checked(RemoteAction.action_response_format_spec())


def test_every_shortcut_is_taken_by_the_engine_that_ships(dialogue: Any) -> None:
    from bot.rasa_ext.shortcuts import COPIES, KINDS, RULES, RUNNER, SENTENCES, SLOTS, VALIDATOR

    assert dialogue.shortcuts == {RUNNER, VALIDATOR, RULES, COPIES, SENTENCES, KINDS, SLOTS}


@pytest.mark.parametrize(
    ("source", "alone"),
    [
        ("structlogger.debug('x', states=copy.deepcopy(states))", True),
        ("import copy\ndef f(t):\n    structlogger.debug('x', a=[copy.copy(t)])\n    return t.copy()", True),
        ("structlogger.debug('x', states=copy.deepcopy(states))\nkept = copy.deepcopy(states)", False),
        ("structlogger.debug('x', states=states)\nf = copy.copy", False),
        ("log.debug('x', states=copy.deepcopy(states))", False),
        ("structlogger.debug('x')", False),
    ],
)
def test_copies_are_left_out_only_where_all_of_them_are_for_the_log(source: str, alone: bool) -> None:
    from bot.rasa_ext.unlogged import copies_for_its_log_alone

    assert copies_for_its_log_alone(source) is alone


def test_a_module_that_copies_for_something_else_keeps_its_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    import copy
    from types import ModuleType

    from bot.rasa_ext import unlogged

    other = ModuleType("other")
    other.copy = copy  # type: ignore[attr-defined]
    monkeypatch.setattr(unlogged, "MODULES", (*unlogged.MODULES, other))
    monkeypatch.setattr(unlogged.inspect, "getsource", lambda _: "kept = copy.deepcopy(states)")
    assert not unlogged.leave_out_copies() and other.copy is copy  # type: ignore[attr-defined]


def test_what_an_action_returns_is_refused_as_rasa_refuses_it() -> None:
    import jsonschema
    from rasa.core.actions.action import RemoteAction

    from bot.rasa_ext.shortcuts import results_to_try

    check, schema = checked(), RemoteAction.action_response_format_spec()
    tried = [*results_to_try(schema), {"events": [SLOT], "responses": [{"text": "x", "buttons": []}]}]
    rasas = jsonschema.Draft7Validator(schema)
    refused = 0
    for result in tried:
        if rasas.is_valid(result):
            check.validate(result)
        else:
            refused += 1
            with pytest.raises(jsonschema.ValidationError):
                check.validate(result)
    assert len(tried) > 60 and refused > 30


@pytest.mark.parametrize("result", [{"events": [SLOT], "responses": []}, {"events": [{"event": "followup", "name": "x"}]}])
def test_what_our_actions_return_is_known_to_be_valid_without_the_whole_schema(result: Any) -> None:
    assert checked().knows(result)


def test_two_kinds_of_event_with_one_name_cannot_be_told_apart() -> None:
    from bot.rasa_ext.shortcuts import Checked

    branch = {"properties": {"event": {"const": "slot"}}}
    schema = {"properties": {"events": {"type": "array", "items": {"type": "object", "oneOf": [branch, branch]}}}}
    with pytest.raises(ValueError, match="one name"):
        Checked(schema)


def test_rules_found_by_need_are_those_that_rasa_finds(dialogue: Any) -> None:
    from rasa.core.policies.rule_policy import RulePolicy

    nodes = dialogue._processor.graph_runner._nodes.values()
    policy = next(node._component for node in nodes if isinstance(node._component, RulePolicy))
    states = [
        [{"prev_action": {"action_name": action}, "user": {"text": "x", "intent": intent}}, last]
        for action in ("action_listen", "action_care", "action_answer", "utter_nothing")
        for intent in dialogue._processor.domain.intents
        for last in (
            {"prev_action": {"action_name": "action_listen"}, "user": {"intent": intent}},
            {"user": {"intent": intent}},
        )
    ]
    rules = policy.lookup["rules"]
    found = 0
    for conversation in states:
        for lately in (conversation, conversation[1:], []):
            ours, rasas = policy._get_possible_keys(rules, lately), RulePolicy._get_possible_keys(policy, rules, lately)
            assert ours == rasas
            found += len(rasas)
    assert found > 0 and len(rules) > 50


def test_a_runner_that_says_something_else_is_not_taken(
    dialogue: Any, untouched: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.rasa_ext import shortcuts

    processor = dialogue._processor
    ours = processor.graph_runner
    monkeypatch.setattr(processor, "graph_runner", ours._rasas)
    monkeypatch.setattr(shortcuts, "Straight", Forgetful)
    assert shortcuts.RUNNER not in shortcuts.take(processor)
    assert processor.graph_runner is ours._rasas


class Forgetful:
    """A runner that does as Rasa's, and forgets what an entity was."""

    def __init__(self, runner: Any) -> None:
        self._runner = runner

    def run(self, inputs: Any = None, targets: Any = None) -> Any:
        found = self._runner.run(inputs=inputs, targets=targets)
        for name, value in found.items():
            if isinstance(value, list):
                value[0].set("entities", [], add_to_output=True)
                found[name] = value
        return found


def test_a_check_that_lets_pass_what_rasa_refuses_is_not_taken(
    dialogue: Any, untouched: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rasa.core.actions.action import RemoteAction

    from bot.rasa_ext import shortcuts

    own = RemoteAction._validate_action_result
    monkeypatch.setattr(shortcuts.Checked, "knows", lambda _self, _result: True)
    assert shortcuts.VALIDATOR not in shortcuts.take(dialogue._processor)
    assert RemoteAction._validate_action_result is own


def test_rules_that_are_found_otherwise_are_not_taken(dialogue: Any, untouched: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from rasa.core.policies.rule_policy import RulePolicy

    from bot.rasa_ext import shortcuts

    nodes = dialogue._processor.graph_runner._nodes.values()
    policy = next(node._component for node in nodes if isinstance(node._component, RulePolicy))
    monkeypatch.delattr(policy, "_get_possible_keys")
    monkeypatch.setattr(dialogue._processor, "graph_runner", dialogue._processor.graph_runner._rasas)
    monkeypatch.setattr(shortcuts.ByNeed, "may_fit", lambda _self, _state: set())
    assert shortcuts.RULES not in shortcuts.take(dialogue._processor)
    assert "_get_possible_keys" not in vars(policy)
