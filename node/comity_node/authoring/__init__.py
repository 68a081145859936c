"""Writing a message with a person: what is asked, how answers are read, what is shown before it is signed.

Layout, from the ground: `paths` (places in a form), `fields` (labels and order of fields), `answers` (one answer as
typed), `judging` (what is wrong in a form that is being filled in), `questions` (what is asked next), `dialogue`
(asking it), `preview` (the message in words), `templates` and `drafts` (what is kept), `operations` (what is asked of
a node). Nothing here knows a terminal.
"""
