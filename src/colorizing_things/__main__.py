"""``python -m colorizing_things``: the ``colorize`` command where its script is not on the PATH."""

from colorizing_things.command import main

if __name__ == "__main__":
    main()
