"""From what a network says to the colours that are shown, as it is exported."""
