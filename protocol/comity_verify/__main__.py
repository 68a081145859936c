"""`python -m comity_verify` is `comity-verify`."""

import sys

from comity_verify.command import main

sys.exit(main())
