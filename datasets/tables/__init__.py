"""Tables: files of rows and named columns, and how they become the numbers that a network takes."""
