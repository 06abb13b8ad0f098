// SecureShell: see ARCHITECTURE.md.
