"""The readable report that stands beside an evidence file: HTML and PDF in the reader's language.

It is made from the evidence file alone, so whoever has the file can make it again. Layout: `model` (what is said),
`page` (HTML), `printing` (PDF), `words` (phrases in eight languages). Everything of others is escaped.
"""
