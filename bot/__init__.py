"""Handrail: a youth-facing prevention-education chatbot with a warm handoff to a person."""

__version__ = "0.1.0"
