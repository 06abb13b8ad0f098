// Tests on real hosts: see CONTRIBUTING.md.
