"""The report of a run or a sweep: one page that tells how it went."""
