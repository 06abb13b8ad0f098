import FleetRuntime

extension DockmonDaemon.Problem: CommandErrorConvertible {
    var commandError: CommandError {
        switch self {
        case .runs(let record):
            CommandError(
                "dockmon-runs", "a monitoring daemon already watches this fleet",
                object: record.map { "process \($0.pid)" }, next: "gantry dockmon status", exit: .refused)
        case .files(let path, let reason):
            CommandError(
                "dockmon-files", "the monitoring daemon can't keep its files", object: path, reason: reason,
                next: "run it as a user who may write there")
        case .unseen(let path, let reason):
            CommandError(
                "dockmon-unseen", "whether the monitoring daemon runs can't be seen", object: path, reason: reason,
                next: "run it as the user whose daemon it is", exit: .unknown)
        }
    }
}
