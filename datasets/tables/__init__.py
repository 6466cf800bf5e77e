"""Tables: files of rows and named columns, and how they become numbers for a network."""
