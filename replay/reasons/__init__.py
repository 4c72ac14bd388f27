"""Why each event happened: reasons in words, held against what the log itself adds up to."""
