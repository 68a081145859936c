"""Bounds of the protocol, each with its unit (spec page limits). They are the same for every node."""

from typing import Final

MAX_DEPTH: Final = 16  # levels
MAX_BODY_BYTES: Final = 262_144  # bytes
MAX_ENVELOPE_BYTES: Final = 294_912  # bytes
MAX_FRAME_BYTES: Final = 1_048_576  # bytes
MAX_RECORD_BYTES: Final = 65_535  # bytes
MAX_BULK_RECORD_BYTES: Final = 16_384  # bytes
MAX_HELLO_BYTES: Final = 1_008  # bytes
MIN_WINDOW_BYTES: Final = 327_680  # bytes
MAX_WINDOW_BYTES: Final = 16_777_216  # bytes
MAX_CREDIT_BYTES: Final = 2_147_483_647  # bytes
MAX_UNANSWERED: Final = 16  # frames
MAX_RECORDS_PER_KEY: Final = 65_536  # records
MAX_KEY_AGE_S: Final = 600  # seconds
HANDSHAKE_S: Final = 5  # seconds
PING_AFTER_S: Final = 20  # seconds
IDLE_S: Final = 60  # seconds
MAX_LINK_AGE_S: Final = 86_400  # seconds
RIVAL_S: Final = 10  # seconds
MAX_TREATY_BYTES: Final = 524_288  # bytes
MAX_BUNDLE_BYTES: Final = 65_536  # bytes
MAX_ENTRY_BYTES: Final = 1_024  # bytes
MAX_CHECKPOINT_BYTES: Final = 512  # bytes
MAX_RECEIPTS_PER_FRAME: Final = 256  # receipts
MAX_EPOCH_MESSAGES: Final = 65_536  # messages
MAX_EPOCH_S: Final = 3_600  # seconds
MAX_EPOCHS_CACHED: Final = 1_024  # keys
MAX_RECIPIENTS: Final = 64  # parties
MAX_ATTACHMENTS: Final = 32  # attachments
MAX_ATTACHMENT_BYTES: Final = 1_099_511_627_776  # bytes
CHUNK_BYTES: Final = 262_144  # bytes
MAX_CHUNKS_UNDER_WAY: Final = 16  # chunks
MAX_OFFERS: Final = 1_024  # addresses
MAX_ADDRESSES_PER_FRAME: Final = 256  # addresses
MAX_LEVELS: Final = 4  # levels of urgency
FLASH_RESERVE_BYTES: Final = 32_764  # bytes
RETRY_S: Final = 30  # seconds
MAX_RETRY_S: Final = 600  # seconds
MAX_MEMBERS: Final = 256  # members
MAX_BUNDLE_DAYS: Final = 90  # days
MAX_SKEW_S: Final = 600  # seconds
MAX_LIFETIME_S: Final = 7_776_000  # seconds
