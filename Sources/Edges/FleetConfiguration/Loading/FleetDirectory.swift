/// Whether there is a file, as far as this user can see.
public enum FileSight: Hashable, Sendable {
    case present, absent
    /// It may be there: somebody else's directory does not say.
    case hidden
}

/// The directory that holds one fleet's files, and the names in it: PRODUCT.md section 2.
public struct FleetDirectory: Hashable, Sendable {
    /// The system-wide fleet directory; its state lies in `/var/lib`, as the file system's standard wants it.
    public static let system = "/etc/gantry"
    /// The variable that names a fleet directory.
    public static let variable = "GANTRY_FLEET"

    /// Its absolute path.
    public let path: String

    /// The directory at this absolute path.
    public init(path: String) { self.path = Path.normalized(path) }

    /// `defaults.cfg`.
    public var configurationFile: String { file("defaults.cfg") }
    /// `assumptions.txt`.
    public var assumptionsFile: String { file("assumptions.txt") }
    /// `k/docker-compose.yml`: the template.
    public var composeTemplate: String { file("k/docker-compose.yml") }
    /// `k/Dockerfile`.
    public var dockerfile: String { file("k/Dockerfile") }
    /// The operator's own way to make a bare host one for Docker.
    public var provisionScript: String { file("k/provision.sh") }
    /// The text of `k/provision.sh`; nil where there is none.
    /// - Throws: `ConfigurationError` when it is there and can't be read.
    public func provisioningScript() throws(ConfigurationError) -> String? {
        // It travels as a part of one command line.
        try SmallFile.read(provisionScript, atMost: 32 << 10).map { String(decoding: $0, as: UTF8.self) }
    }
    /// Executables around operations.
    public var hooks: String { file("hooks.d") }
    /// Executables that get incidents.
    public var monitorPlugins: String { file("monitor.d") }
    /// Journal, plans, logs, sockets.
    public var stateDirectory: String { path == Self.system ? "/var/lib/gantry" : file(".gantry") }

    /// A name in the directory.
    public func file(_ name: String) -> String { path == "/" ? "/\(name)" : "\(path)/\(name)" }

    /// The fleet directory that a command works on: what `--fleet` says, else `$GANTRY_FLEET`, else the current
    /// directory, else `/etc/gantry`. The last two only count when they hold a `defaults.cfg`.
    /// - Parameters:
    ///   - option: the argument of `--fleet`.
    ///   - variable: the value of `$GANTRY_FLEET`; empty counts as not set.
    ///   - currentDirectory: absolute.
    ///   - sight: whether there is a file at an absolute path. The current directory that can't be looked into, named by
    ///     nobody, stands back behind `/etc/gantry`.
    /// - Returns: a directory that holds a `defaults.cfg`.
    /// - Throws: `ConfigurationError` with code `.notFound`, naming `gantry init`, when there is none.
    public static func locate(
        option: String?, variable: String?, currentDirectory: String, sight: (String) -> FileSight
    ) throws(ConfigurationError) -> FleetDirectory {
        func absolute(_ path: String) -> FleetDirectory {
            FleetDirectory(path: path.hasPrefix("/") ? path : "\(currentDirectory)/\(path)")
        }
        let named: (directory: FleetDirectory, by: String)? =
            if let option {
                (absolute(option), "--fleet")
            } else if let variable, !variable.isEmpty {
                (absolute(variable), "$\(Self.variable)")
            } else {
                nil
            }
        if let named {
            guard sight(named.directory.configurationFile) != .absent else {
                throw ConfigurationError(
                    code: .notFound,
                    message: "\(named.directory.path), named by \(named.by), holds no defaults.cfg",
                    remedy: "'gantry init \(named.directory.path)' writes one")
            }
            return named.directory
        }
        let places = [absolute(currentDirectory), FleetDirectory(path: system)]
        let sights = places.map { sight($0.configurationFile) }
        // Reading one that can't be seen says why.
        for wanted in [FileSight.present, .hidden] {
            if let found = zip(places, sights).first(where: { $0.1 == wanted }) { return found.0 }
        }
        throw ConfigurationError(
            code: .notFound,
            message: "no fleet directory: neither \(places[0].path) nor \(system) holds a defaults.cfg",
            remedy: "'gantry init DIR' writes one; --fleet DIR or $\(Self.variable) names one")
    }
}
