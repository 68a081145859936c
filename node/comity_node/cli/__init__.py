"""The command `comity`: a face on the node, with no rights of its own.

app: the root command, errors and exit codes; session: how a command reaches its node; the rest: commands.
Nothing heavy is imported before a command needs it, so that help comes at once.
"""

from comity_node.cli.app import comity


def main() -> None:
    """Run the command line and leave with its exit code."""
    comity.main()


__all__ = ["comity", "main"]
