"""The faults that comity is tried against, a row each, and the planted bugs that each row must find.

`row` says what a row is; one module for each family of faults; `runner` runs them and writes docs/reliability.md.
"""
