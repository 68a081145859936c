"""What others can make this node use, each bound with its unit and its reason; docs/limits.md shows the same table.

The bounds of the protocol, which are the same for every node, are in `comity.limits`.
"""

from typing import Final

# Connections of those who are not authenticated (LIMIT-003 to LIMIT-005); `max_waiting` of the configuration comes in.
MAX_WAITING_OF_SOURCE: Final = 8  # connections: of one stranger's address; the places are meant for many
SOURCE_RATE: Final = 20  # connections a second: the members behind one address dial at most 4 times a second each
SOURCE_BURST: Final = 40  # connections: after an outage all members behind one address dial at once
STRANGER_RATE: Final = 200  # connections a second: so many handshakes take a tenth of a core
STRANGER_BURST: Final = 400  # connections: two seconds of STRANGER_RATE
MAX_SOURCES: Final = 4_096  # addresses: whoever has more is held by STRANGER_RATE
MAX_KNOWN_SOURCES: Final = 1_024  # addresses: where members came from; four of each of 256 members

# What authenticated peers send.
READ_SLICE_BYTES: Final = 16_384  # bytes: what one peer has read at a time; the others have their turn after it
MAX_BATCH: Final = 64  # items: opening and signing them holds up everything else for some milliseconds
MAX_RECEIPT_BYTES_WAITING: Final = 16_777_216  # bytes: of one peer; receipts use no credit, so this is their bound
MAX_RECEIPT_FRAMES: Final = 16  # frames: of one batch; each may hold 256 receipts that must be verified
MAX_DOCUMENTS_WAITING: Final = 2  # documents: of one peer; each has a megabyte at most
MAX_CHECKPOINTS_REMEMBERED: Final = 1_024  # checkpoints: of each party, to notice a log that is told in two ways
MAX_INCIDENTS: Final = 2_000  # rows: of each party and code; no peer can fill the disk or push out what another did
MAX_DETAIL_CHARS: Final = 2_000  # characters: of an incident; two checkpoints fit

# Attachments; `attachment_bytes` and `quota_bytes` of the configuration come in.
ATTACHMENT_BYTES: Final = 8_589_934_592  # bytes: of one attachment, where the configuration says nothing; an image
QUOTA_BYTES: Final = 68_719_476_736  # bytes: kept of one peer, where the configuration says nothing; eight of those
FILE_COST_BYTES: Final = 4_096  # bytes: what each file counts for beside its content, so that empty ones are not free
MAX_FILES_AT_ONCE: Final = 8  # files: of one peer that come in side by side; others wait for their turn
MAX_CHUNK_BYTES_WAITING: Final = 524_288  # bytes: read from the disk and waiting for one link, two chunks

# The control socket, which only the owner of the home can open.
MAX_REQUEST_BYTES: Final = 4_194_304  # bytes: a signed treaty version in hexadecimal, twice over
MAX_ANSWER_BYTES: Final = 67_108_864  # bytes: the longest list that a command asks for
MAX_CONTROL_CONNECTIONS: Final = 16  # connections: each may hold MAX_REQUEST_BYTES
CONTROL_IDLE_S: Final = 300  # seconds: a command that hangs gives its place back

# Files that people hand in.
MAX_CONFIG_BYTES: Final = 65_536  # bytes: a hundred times what comity.toml needs
MAX_KEY_FILE_BYTES: Final = 4_096  # bytes: the longest key file has a thousand
MAX_PAPER_BYTES: Final = 131_072  # bytes: a request to join or a signature, in text form
MAX_FORM_BYTES: Final = 524_288  # bytes: a form in JSON, twice the body that comes of it
MAX_DRAFT_BYTES: Final = 1_048_576  # bytes: a form and what is said around it, twice over
MAX_DRAFTS: Final = 500  # drafts: kept in a home; a list that people can still read
MAX_TEMPLATE_BYTES: Final = 65_536  # bytes: a template, which holds far less than a form
MAX_FORM_DEPTH: Final = 12  # levels: what is around the form in a message takes the other four
