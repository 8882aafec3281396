"""From options and presets to the cases of a run."""
