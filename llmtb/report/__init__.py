"""A shift's report as people read it: text, tables, a timeline. Pure: the same in, the same out."""
