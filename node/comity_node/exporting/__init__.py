"""The export of a case as an evidence file (spec page evidence).

Layout: `dossier` (what the node holds of a case, page by page, and its signature), `asking` (the operations for it),
`writer` (the container on the disk), `collecting` (from the pages to the file, beside the daemon or without one).
"""
