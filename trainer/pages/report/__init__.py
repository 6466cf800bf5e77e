"""The report of a run or a sweep: one page that shows how it went."""
