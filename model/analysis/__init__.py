"""What is measured of a trace or a model."""
