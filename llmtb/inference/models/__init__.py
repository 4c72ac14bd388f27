"""The models: fetched, checked by hash, converted to CTranslate2, kept in one folder."""
