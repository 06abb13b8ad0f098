import Glibc

/// Where a fleet directory is (PRODUCT: "The fleet directory").
struct FleetLocation: Hashable, Sendable {
    /// Its absolute path.
    let directory: String

    /// `defaults.cfg` in it.
    var configuration: String { "\(directory)/defaults.cfg" }
    /// Where the tool keeps what is its own.
    var state: String { directory == Self.system ? "/var/lib/gantry" : "\(directory)/.gantry" }

    /// The fleet directory of a techhost with one fleet.
    static let system = "/etc/gantry"

    /// Finds it: `--fleet`, else `$GANTRY_FLEET`, else the current directory, else `/etc/gantry`. What is named is
    /// taken; of the last two, the first one that has a `defaults.cfg`.
    /// - Throws: what was looked at, where there is none; status 78.
    static func find(
        option: String?, environment: Environment, currentDirectory: String = Self.currentDirectory(),
        exists: (String) -> Bool = { access($0, F_OK) == 0 }
    ) throws(CommandError) -> FleetLocation {
        let named = option.map { ("--fleet", $0) } ?? environment["GANTRY_FLEET"].map { ("GANTRY_FLEET", $0) }
        if let (source, path) = named, !path.isEmpty {
            let location = FleetLocation(directory: absolute(path, from: currentDirectory))
            guard exists(location.configuration) else {
                throw CommandError(
                    "no-fleet", "\(location.directory) is no fleet directory", object: source,
                    reason: "it has no defaults.cfg", next: "gantry init \(path)", exit: .configuration)
            }
            return location
        }
        let candidates = [currentDirectory, system].map(FleetLocation.init(directory:))
        guard let found = candidates.first(where: { exists($0.configuration) }) else {
            throw CommandError(
                "no-fleet", "there is no fleet directory",
                reason: "neither \(currentDirectory) nor \(system) has a defaults.cfg, and neither --fleet nor "
                    + "GANTRY_FLEET names another directory",
                next: "gantry init DIR", exit: .configuration)
        }
        return found
    }

    /// `path` as seen from `directory`, without `.` and doubled slashes. `..` is resolved where it climbs out of
    /// `directory`, which has no symbolic links; behind one of the path's own parts it may mean something else.
    static func absolute(_ path: String, from directory: String) -> String {
        var parts = path.hasPrefix("/") ? [] : directory.split(separator: "/")
        var isClimbing = true
        for part in path.split(separator: "/") where part != "." {
            if part == "..", isClimbing {
                _ = parts.popLast()
            } else {
                isClimbing = false
                parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// `getcwd(3)`; "/" where the directory was deleted.
    static func currentDirectory() -> String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}
