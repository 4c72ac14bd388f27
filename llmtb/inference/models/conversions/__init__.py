"""Model files of other kinds, turned into CTranslate2's, without torch."""
