"""STIX 2.1 and MISP in and out: what cannot be carried over is listed, never dropped in silence.

In: `source` reads bounded JSON, `stix_in` and `misp_in` turn it into indicators in normal form (`drafts`), and what is
left over is told with its path and the reason. Out: `outgoing` takes from a message what its marking lets go,
`stix_out` and `misp_out` write it. `stix_tables` and `misp_tables` say what is what; `pattern` reads the patterns of
STIX, `observables` its objects, `tlp` its markings.
"""
