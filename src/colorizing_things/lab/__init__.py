"""The lab: networks, objectives, training and evaluation. Needs the ``train`` extra (torch)."""
