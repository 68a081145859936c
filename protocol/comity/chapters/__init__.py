"""What the payloads of the four chapters contain (spec pages vocabulary, intelligence, cooperation, prevention).

Layout, from the ground: `parts` (types and parts that many payloads share), `form` (what is to be known of a kind
beside its fields), `request` (what every request says); above them one module for each group of kinds. `comity.kinds`
joins them into one table.
"""
