"""Shorter ways through Rasa's inside, each taken only where it gives what Rasa's own way gives.

Every shortcut is tried against the stock path when the engine starts (``take``): on any difference, or any error, that one
is left out and Rasa's own stays. What each saves stands in docs/performance.md.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import jsonschema
import structlog
from rasa.core.actions.action import RemoteAction
from rasa.core.channels.channel import UserMessage
from rasa.core.policies.rule_policy import RulePolicy
from rasa.core.processor import MessageProcessor
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.constants import SHOULD_NOT_BE_SET
from rasa.shared.core.events import ActionExecuted, Event, UserUttered
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

from bot.rasa_ext.screening_component import SCREENING
from bot.rasa_ext.sentences import leave_out_words
from bot.rasa_ext.tracker_store import EVENT_TYPES
from bot.rasa_ext.unlogged import leave_out_copies

log = structlog.get_logger()

RUNNER, VALIDATOR, RULES = "plain runner", "validator compiled once", "rules by what they need"
SENTENCES = "no features of words"
COPIES = "no copies for a silent log"
KINDS, SLOTS = "events by their name", "slots copied plainly"

TRIALS: Sequence[tuple[str, str]] = (
    ("what can you do", "none"),
    ("what is grooming?", "none"),
    ("menu", "none"),
    ("a trial of what needs care", "high"),
)
"""Texts with the level the gateway would send: an everyday one, a question, a way through, one that needs care."""


def take(processor: MessageProcessor) -> frozenset[str]:
    """Take every shortcut that gives what Rasa gives; returns those taken."""
    tries: Mapping[str, Callable[[MessageProcessor], bool]] = {
        COPIES: lambda _: leave_out_copies(),
        KINDS: lambda _: _kinds(),
        SLOTS: _slots,
        RULES: _rules,
        SENTENCES: _sentences,
        VALIDATOR: _validator,
        RUNNER: _runner,
    }
    taken = set()
    for name, attempt in tries.items():
        try:
            if attempt(processor):
                taken.add(name)
                continue
            log.warning("shortcut not taken", which=name, kind="different results")
        except Exception as error:  # noqa: BLE001 - a faster way that does not work is not taken
            log.warning("shortcut not taken", which=name, kind=type(error).__name__)
    return frozenset(taken)


# --- the graph: Rasa makes and schedules a Dask graph for every message -------------------------------


class Straight:
    """Runs the already made nodes of a Rasa graph in an order worked out once for each target."""

    def __init__(self, runner: DaskGraphRunner) -> None:
        self._rasas = runner
        self._nodes = runner._instantiated_nodes
        self._schema = runner._graph_schema
        self._orders: dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = {}

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """The same as Rasa's runner: the targets' outputs by name."""
        wanted = tuple(targets or self._schema.target_names)
        known: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, needs in self._order(wanted):
            known[name] = self._nodes[name](*(known[n] for n in needs))
        return dict(known[name] for name in wanted)

    def _order(self, wanted: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
        if wanted not in self._orders:
            nodes = self._schema.minimal_graph_schema(list(wanted)).nodes
            order: list[tuple[str, tuple[str, ...]]] = []
            done: set[str] = set()

            def visit(name: str) -> None:
                if name in done or name not in nodes:
                    return
                done.add(name)
                needs = tuple(nodes[name].needs.values())
                for need in needs:
                    visit(need)
                order.append((name, needs))

            for name in wanted:
                visit(name)
            self._orders[wanted] = order
        return self._orders[wanted]


def _runner(processor: MessageProcessor) -> bool:
    stock = processor.graph_runner
    straight = Straight(stock)
    if not all(same(_gone_through(processor, stock, *trial), _gone_through(processor, straight, *trial)) for trial in TRIALS):
        return False
    processor.graph_runner = straight
    return True


def _gone_through(processor: MessageProcessor, runner: Any, text: str, level: str) -> Any:
    """What a runner understands of a text, and what it would do next."""
    metadata, domain = processor.model_metadata, processor.domain
    tracker = DialogueStateTracker.from_events("trial", [ActionExecuted("action_listen")], domain.slots)
    message = UserMessage(text, metadata={SCREENING: {"level": level, "category": None, "subject": "self"}})
    inputs = {"__message__": [message], "__tracker__": tracker}
    parsed = runner.run(inputs=inputs, targets=[metadata.nlu_target])[metadata.nlu_target][0].as_dict(True)
    tracker.update(UserUttered(text, parsed["intent"], parsed.get("entities"), parsed), domain)
    told = runner.run(inputs={"__tracker__": tracker}, targets=[metadata.core_target])[metadata.core_target]
    return parsed, told.probabilities, told.policy_name


# --- features: Rasa makes those of every word, which nothing here reads ----------------------------------


def _sentences(processor: MessageProcessor) -> bool:
    runner = processor.graph_runner
    before = [_gone_through(processor, runner, *trial) for trial in TRIALS]
    undo = leave_out_words(node._component for node in runner._instantiated_nodes.values())
    try:
        taken = all(same(_gone_through(processor, runner, *trial), was) for trial, was in zip(TRIALS, before, strict=True))
    except Exception:
        undo()
        raise
    if not taken:
        undo()
    return taken


# --- what an action returned: Rasa compiles and checks its schema anew every time -----------------------


class Checked:
    """Says at once of nearly every result that it is valid; what it does not know, Rasa's whole schema decides."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        event = schema["properties"]["events"]["items"]
        kinds = [branch["properties"]["event"]["const"] for branch in event["oneOf"]]
        if len(set(kinds)) != len(kinds):
            raise ValueError("Two kinds of event have one name.")  # then "exactly one of" could not be read off the name
        base = {key: value for key, value in event.items() if key != "oneOf"}
        around = {**schema["properties"], "events": {"type": "array"}}
        self._around = jsonschema.Draft7Validator({**schema, "properties": around})
        self._kinds = {k: jsonschema.Draft7Validator({"allOf": [base, b]}) for k, b in zip(kinds, event["oneOf"], strict=True)}
        self._whole = jsonschema.Draft7Validator(schema)

    def knows(self, result: Any) -> bool:
        """Whether the result is valid for certain."""
        if not isinstance(result, dict) or not self._around.is_valid(result):
            return False
        return all(self._knows_event(event) for event in result.get("events", ()))

    def validate(self, result: Any) -> None:
        """Raises jsonschema's ValidationError where Rasa would."""
        if not self.knows(result):
            self._whole.validate(result)

    def _knows_event(self, event: Any) -> bool:
        kind = self._kinds.get(event.get("event")) if isinstance(event, dict) else None
        return kind is not None and bool(kind.is_valid(event))


def results_to_try(schema: Mapping[str, Any]) -> Iterable[Any]:
    """Results right and wrong: for every kind of event its least, each needed part left out, and a part of a wrong kind."""
    yield from ({}, [], {"events": []}, {"events": {}}, {"events": [], "responses": "no list"}, {"events": [7]})
    for branch in schema["properties"]["events"]["items"]["oneOf"]:
        needed = branch.get("required", ())
        parts = {name: [] if name == "entities" else "x" for name in needed}
        least = {"event": branch["properties"]["event"]["const"], **parts}
        yield {"events": [least], "responses": [{"text": "x"}]}
        yield {"events": [{**least, "timestamp": "late"}]}
        yield {"events": [{**least, "event": "nothing that is"}]}
        for name in needed:
            yield {"events": [{key: value for key, value in least.items() if key != name}]}
            yield {"events": [{**least, name: 7}]}


def _validator(_: MessageProcessor) -> bool:
    schema = RemoteAction.action_response_format_spec()
    checked, whole = Checked(schema), jsonschema.Draft7Validator(schema)
    tried = list(results_to_try(schema))
    if any(checked.knows(result) and not whole.is_valid(result) for result in tried) or not any(map(checked.knows, tried)):
        return False

    def check(_: RemoteAction, result: dict[str, Any]) -> bool:
        checked.validate(result)
        return True

    RemoteAction._validate_action_result = check
    return True


# --- events and slots: Rasa walks every class for every event, and copies slots by way of pickling ----------


def _kinds() -> bool:
    stock = Event.resolve_by_type
    if any(stock(name) is not kind for name, kind in EVENT_TYPES.items()):
        return False

    def by_name(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
        return EVENT_TYPES.get(type_name) or stock(type_name, default)

    Event.resolve_by_type = staticmethod(by_name)
    return True


def _slots(processor: MessageProcessor) -> bool:
    def copied(slot: Slot) -> Slot:
        other = object.__new__(type(slot))
        other.__dict__.update(slot.__dict__)
        return other

    for slot in processor.domain.slots:
        one, other = copy.copy(slot), copied(slot)
        if type(one) is not type(other) or one.__dict__ != other.__dict__ or _has_places(type(slot)):
            return False
    Slot.__copy__ = copied
    return True


def _has_places(kind: type) -> bool:
    """Whether a class keeps anything outside of an instance's dictionary."""
    return any(getattr(base, "__slots__", ()) for base in kind.__mro__)


# --- rules: Rasa holds every rule against every state ----------------------------------------------------


class ByNeed:
    """Rules by the last action and the intent that their newest state names; only those that can fit are held against it."""

    def __init__(self, lookup: Mapping[str, Any]) -> None:
        self._by_need: dict[tuple[str | None, str | None], set[str]] = {}
        self.size = len(lookup)
        for key in lookup:
            newest = RulePolicy._rule_key_to_state(key)[-1]
            need = (_named(newest, "prev_action", "action_name"), _named(newest, "user", "intent"))
            self._by_need.setdefault(need, set()).add(key)

    def may_fit(self, newest: Mapping[str, Any]) -> set[str]:
        """Every rule that could fit a state, and few others."""
        action, intent = (newest.get("prev_action") or {}).get("action_name"), (newest.get("user") or {}).get("intent")
        found: set[str] = set()
        for need in {(a, i) for a in (None, action) for i in (None, intent)}:
            found |= self._by_need.get(need, set())
        return found


def _named(state: Mapping[str, Any], part: str, name: str) -> str | None:
    """What a rule's state names for certain; None where it names nothing, or "not set"."""
    value = (state.get(part) or {}).get(name)
    return value if isinstance(value, str) and value not in ("", SHOULD_NOT_BE_SET) else None


def _rules(processor: MessageProcessor) -> bool:
    nodes = processor.graph_runner._instantiated_nodes.values()
    policy = next(node._component for node in nodes if isinstance(node._component, RulePolicy))
    stock, tables = policy._get_possible_keys, dict[int, ByNeed]()

    def possible(lookup: dict[str, str], states: list[Any]) -> set[str]:
        if not states or not states[-1].get("prev_action"):
            return set(stock(lookup, states))
        table = tables.get(id(lookup))
        if table is None or table.size != len(lookup):
            table = tables[id(lookup)] = ByNeed(lookup)
        return set(stock(dict.fromkeys(table.may_fit(states[-1]), ""), states))

    for lookup in policy.lookup.values():
        if not isinstance(lookup, dict):
            continue
        for key in lookup:
            states = RulePolicy._rule_key_to_state(key)
            if any(possible(lookup, states[:end]) != stock(lookup, states[:end]) for end in range(1, len(states) + 1)):
                return False
    policy._get_possible_keys = possible
    return True


def same(one: Any, other: Any) -> bool:
    """Whether two results are the same, compared as plain data."""
    return json.dumps(one, sort_keys=True, default=str) == json.dumps(other, sort_keys=True, default=str)
