"""Pages that explain: self-contained HTML files, which need no network, and a server that shows them as they change."""
