"""What a user says about the colours, and what the network offers: hints, palette, reference, variants."""
