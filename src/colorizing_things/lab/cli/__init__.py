"""The lab's verbs of the ``colorize`` command. Importing them must not import torch: they are listed without it."""
