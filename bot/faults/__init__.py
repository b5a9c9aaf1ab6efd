"""Kills the processes of a real installation while people text it, and counts what was lost, doubled or forgotten."""
