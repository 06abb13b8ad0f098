// EventLoop: see ARCHITECTURE.md.
