// Operations: see ARCHITECTURE.md.
