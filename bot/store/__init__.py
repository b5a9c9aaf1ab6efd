"""The one database: tables, and a shelf of rows for each kind of thing.

What every message needs is asked in statements made once, at import, with names where the values go: making a statement
takes five times as long as running it.
"""
