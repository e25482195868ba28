"""Moving pictures in the lab: generated films whose motion is known, and what is measured on coloured ones."""
