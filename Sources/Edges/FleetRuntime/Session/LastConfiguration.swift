public import FleetConfiguration
import Processes

extension FleetPlace {
    /// `defaults.cfg` as the last worker or daemon began with it: what is known of the fleet while the file itself has
    /// mistakes.
    private var lastConfiguration: String { "\(state)/defaults.cfg.last" }

    /// Longer files are not read as a configuration either.
    private static var longestConfiguration: Int { 16 << 20 }

    /// Keeps a configuration that is in use. Where it can't be written nothing is lost but that.
    public func keep(_ configuration: FleetConfiguration) {
        try? AtomicFile.write(configuration.source, to: lastConfiguration, mode: 0o600)
    }

    /// The configuration that was last in use.
    /// - Parameters:
    ///   - home: the operator's home, for paths that begin with `~/`.
    ///   - clauses: the numbers of all clauses that can be waived.
    /// - Returns: it; nil where none was, or this version does not understand it.
    public func configurationLastInUse(home: String?, clauses: [String]) -> FleetConfiguration? {
        guard let bytes = try? BoundedFile.read(lastConfiguration, limit: Self.longestConfiguration) else { return nil }
        return try? FleetConfiguration.parse(
            bytes, directory: FleetDirectory(path: directory), home: home, clauses: clauses)
    }
}
