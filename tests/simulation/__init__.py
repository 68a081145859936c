"""The whole alliance in one process: real nodes, real SQLite, virtual time, faults drawn from a seed.

`python -m tests.simulation --seeds 20` runs seeds; `--replay SEED -v` shows one, event by event. The modules:

    schedule   Trio with a seed, and tasks of one party that stand still
    calendar   wall time: days pass, each clock may be wrong
    network    connections between parties, and everything that happens to them
    disk       SQLite connections that can fail
    world      what one node sees of all that
    machine    the computer of one party, its node and its officers
    meddler    frames that are lost, doubled and reordered between honest nodes; the wire log
    plan       which faults a seed has, and how strong
    storm      when they strike
    workload   what the officers send
    casework   what they do about requests, and whether both sides see the same in the end
    files      what they attach, and what must have come of it
    observer   what must hold; reads databases, receipts and the wire log, never a node
    verdict    what must hold at the end
    complaints errors in the logs of nodes, each of which needs a cause
    alliance   one seed from beginning to end
    split      one partition of a chosen length, and its end
    replay     recorded frames that are sent again in a chosen situation
    seeds      many seeds in several processes
    bugs       planted bugs that must be found

A simulated day is not a day of computing: the nodes run for some minutes of it (`Result.running_s` says how many) and
pass the rest stopped like by SIGSTOP, suspended like a laptop, or switched off.
"""
