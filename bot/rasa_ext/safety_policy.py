"""The policy that lets danger interrupt everything: a form, a lesson, any rule.

It reads the verdict, not the intent, and flags its prediction as one "without user input", because Rasa
lets a form's own prediction win over any confidence and any priority otherwise.
"""

# ruff: noqa: ARG002, ARG003 - Rasa calls these methods by the names of their parameters
from __future__ import annotations

from typing import Any

from rasa.core.policies.policy import Policy, PolicyPrediction, SupportedData, confidence_scores_for
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.features import Features

from bot.rasa_ext.screening_component import SCREENING, is_danger

ACTION_CARE = "action_care"
SUMMARY_FORM = "summary_form"
PRIORITY = 1000


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False)
class SafetyPolicy(Policy):
    """Predicts care after a text that showed danger, and then listens."""

    @staticmethod
    def supported_data() -> SupportedData:
        """Stories and rules alike: it learns from neither."""
        return SupportedData.ML_AND_RULE_DATA

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Above every other policy."""
        return {"priority": PRIORITY}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SafetyPolicy:
        """The policy."""
        return cls(config, model_storage, resource, execution_context)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SafetyPolicy:
        """The policy; nothing was stored."""
        return cls(config, model_storage, resource, execution_context)

    def train(self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any) -> Resource:
        """Learns nothing."""
        return self._resource

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        precomputations: dict[str, list[Features]] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """Care first, then listen; for any other message this policy has no opinion."""
        verdict = (tracker.latest_message.parse_data or {}).get(SCREENING) if tracker.latest_message else None
        if not is_danger(verdict) or _tells_it_again(tracker, verdict):
            return self._prediction(self._default_predictions(domain))
        next_action = ACTION_CARE if tracker.latest_action_name == ACTION_LISTEN_NAME else ACTION_LISTEN_NAME
        return self._prediction(confidence_scores_for(next_action, 1.0, domain), is_no_user_prediction=True)


def _tells_it_again(tracker: DialogueStateTracker, verdict: dict[str, Any] | None) -> bool:
    """Their own summary tells the danger again, as we asked for; only danger now interrupts that."""
    asked = tracker.active_loop_name == SUMMARY_FORM or bool(tracker.get_slot("own_words"))
    return asked and (verdict or {}).get("level") != "imminent"
