"""`comity-verify`: the check of an evidence file, offline, with the library alone.

It needs no node, no database, no network and no clock. Layout: `source` (a file that is read piece by piece), `showing`
(what people and programs are told), `extracting` (the contents as plain files), `command` (the command line).
"""
