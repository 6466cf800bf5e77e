"""One program for each library; it runs in its own process and does the steps that it is told to do."""
