"""Translation, where passage and reader differ in language; off where no model is installed."""
