/// What the commands of `gantry dockmon` share.
enum DockmonCommands {
    static let entry = CommandEntry(
        group: "dockmon", "watch every container on every host",
        details: [
            "The daemon follows Docker's events on every host, looks at the whole cluster every monitor.interval, and tells "
                + "each incident once when it opens and once when it closes: in its log, by mail, to every executable in "
                + "monitor.d/ and as metrics for Prometheus.",
            "What gantry's own operations cause is no incident.",
        ],
        examples: [
            .init("gantry dockmon start -v", "log every event, too"),
            .init("gantry dockmon status --format plain", "how old is what it knows of each host"),
        ],
        [
            CommandEntry(DockmonStartCommand.self), CommandEntry(DockmonStopCommand.self),
            CommandEntry(DockmonStatusCommand.self), CommandEntry(DockmonRunCommand.self),
        ])
}
