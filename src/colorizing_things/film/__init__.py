"""Moving pictures: read, cut into shots, coloured along their motion, written. Needs the extra ``video``."""
