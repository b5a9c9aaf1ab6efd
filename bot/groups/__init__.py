"""Group sessions: what a group is, which step it is on, how answers are counted and what may be shown. Pure."""
