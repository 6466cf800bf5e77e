"""A page in which a network runs: what goes into it. The engine in JavaScript is in trainer/pages/assets/show/."""
