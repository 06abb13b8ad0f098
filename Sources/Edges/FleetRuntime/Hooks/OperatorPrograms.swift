public import FleetConfiguration
import Glibc
public import HealthRules
import Processes

/// The operator's own programs in a fleet directory: hooks and plug-ins. They run with gantry's rights, which mostly are
/// root's.
public struct OperatorPrograms: Sendable {
    private let directory: FleetDirectory

    /// Those of a fleet directory.
    public init(_ directory: FleetDirectory) { self.directory = directory }

    /// Why a program is not run, and what to do.
    struct Refusal: Hashable, Sendable {
        var reason: String
        var remedy: String
    }

    /// Those that lie in their place and are not run, in the order of their names.
    public var idle: [IdleProgram] { hooks + plugins }

    /// Hooks whose name no event has: nobody would miss them before it is too late.
    var misnamed: [IdleProgram] { hooks.filter(\.isMisnamed) }

    private var hooks: [IdleProgram] {
        Self.names(in: directory.hooks).compactMap { name in
            let path = "\(directory.hooks)/\(name)"
            if Hooks.events.contains(name) {
                return Self.refusal(of: path).map { idle("hooks.d/\(name)", $0) }
            }
            // A file that another program reads is none, and one that was put aside says so.
            guard Self.isProgram(path) || name.hasPrefix("before") || name.hasPrefix("after"),
                !Self.asideEndings.contains(where: name.hasSuffix)
            else { return nil }
            let plain = Self.withoutEnding(name)
            let near = Hooks.events.contains(plain) ? plain : Spelling.nearest(to: plain, among: Hooks.events)
            return IdleProgram(
                name: "hooks.d/\(name)", isMisnamed: true, reason: "no event has this name",
                remedy: (near.map { "call it \($0)" } ?? "call it before-COMMAND, after-COMMAND or after-stage")
                    + ", or take it away: \(directory.hooks)/README names all")
        }
    }

    private var plugins: [IdleProgram] {
        Self.names(in: directory.monitorPlugins).compactMap { name in
            let path = "\(directory.monitorPlugins)/\(name)"
            // Without the right to be run it may be what another one reads.
            guard Self.isProgram(path) else { return nil }
            return Self.refusal(of: path).map { idle("monitor.d/\(name)", $0) }
        }
    }

    private func idle(_ name: String, _ refusal: Refusal) -> IdleProgram {
        IdleProgram(name: name, isMisnamed: false, reason: refusal.reason, remedy: refusal.remedy)
    }

    private static let asideEndings = [".sample", ".example", ".disabled", ".bak"]

    /// `before-restart` of `before-restart.sh`.
    private static func withoutEnding(_ name: String) -> String {
        name.firstIndex(of: ".").map { String(name[..<$0]) } ?? name
    }

    /// The names in a directory, in order. Hidden files, backups and what is named README are no programs.
    static func names(in directory: String) -> [String] {
        ((try? Directories.entries(directory)) ?? []).filter {
            !$0.hasPrefix(".") && !$0.hasSuffix("~") && !$0.hasPrefix("README")
        }.sorted()
    }

    private static func isProgram(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_mode & 0o111 != 0
    }

    /// Why the file at `path` is not run; nil where it is.
    static func refusal(of path: String) -> Refusal? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            return Refusal(reason: "it can't be looked at", remedy: "ls -l \(path)")
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o111 != 0, access(path, X_OK) == 0 else {
            return Refusal(reason: "it is not executable", remedy: "chmod +x \(path), or remove it")
        }
        if let writers = writers(status.st_mode) {
            return Refusal(reason: "\(writers) can write it", remedy: "chmod go-w \(path)")
        }
        // Who can write there can put another file in its place.
        let directory = Directories.parent(of: path)
        if stat(directory, &status) == 0, let writers = writers(status.st_mode) {
            return Refusal(reason: "\(writers) can write its directory", remedy: "chmod go-w \(directory)")
        }
        return nil
    }

    private static func writers(_ mode: mode_t) -> String? {
        if mode & 0o002 != 0 { return "every user" }
        return mode & 0o020 != 0 ? "its group" : nil
    }
}

extension FleetPlace {
    /// What is wrong on the techhost, its mail apart; `mistake` is what is wrong with `defaults.cfg` now.
    public func troubles(mistake: String?) -> TechhostTroubles {
        TechhostTroubles(
            mistake: mistake, log: dockmon()?.unwritableLog,
            idlePrograms: OperatorPrograms(FleetDirectory(path: directory)).idle)
    }
}
