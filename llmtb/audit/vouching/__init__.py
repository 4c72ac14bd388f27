"""That the past stays as it was: checkpoints, signed, kept and compared."""
