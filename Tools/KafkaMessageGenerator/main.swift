// The message generator: see CONTRIBUTING.md.
