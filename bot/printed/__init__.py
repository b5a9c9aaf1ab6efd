"""Posters and wallet cards of an agency, drawn as PDF and as a picture. Nothing on them names a topic. Pure."""
