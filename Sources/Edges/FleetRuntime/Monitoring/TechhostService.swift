public import FleetModel
import Glibc
import Processes

/// `gantry-monitor.service` on the techhost, with its logrotate file. The first fleet directory of a techhost has it; any
/// other one has a unit of its own beside it, named after its cluster.
public struct TechhostService: Sendable {
    /// The unit of a techhost's first fleet directory.
    static let firstUnit = "gantry-monitor.service"
    private static let systemctlDeadline: Duration = .seconds(150)

    /// How the techhost's unit came to stand.
    public enum Outcome: Hashable, Sendable {
        /// It is as it should be; whether anything had to be changed for that.
        case done(changed: Bool)
        /// There is no systemd here, or none that runs.
        case noManager
        /// It could not be done.
        case failed(what: String, reason: String)
    }

    private let fleet: FleetSpecification
    private let place: FleetPlace
    /// Where the file system begins; another one in tests.
    private let root: String

    /// The unit for the fleet in `place`.
    public init(fleet: FleetSpecification, place: FleetPlace, root: String = "") {
        (self.fleet, self.place, self.root) = (fleet, place, root)
    }

    /// The unit's name.
    public var unit: String {
        let other = "gantry-monitor-\(fleet.cluster.name).service"
        switch directory(of: Self.firstUnit) {
        case Self.argument(place.directory): return Self.firstUnit
        case nil: return directory(of: other) == nil ? Self.firstUnit : other
        // A fleet directory that was moved takes its unit along.
        case let path? where !Directories.isDirectory(path): return Self.firstUnit
        case _?: return other
        }
    }

    /// The fleet directory that a unit watches, as the unit writes it; nil where there is no such unit.
    private func directory(of unit: String) -> String? {
        guard let bytes = try? BoundedFile.read(path(of: unit), limit: Self.longestFile) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        let start = text.split(separator: "\n").first { $0.hasPrefix("ExecStart=") } ?? ""
        return start.split(separator: " --fleet ").last.map(String.init) ?? ""
    }

    private static let longestFile = 1 << 16

    private func path(of unit: String) -> String { "\(root)/etc/systemd/system/\(unit)" }
    private func rotationPath(of unit: String) -> String {
        "\(root)/etc/logrotate.d/gantry"
            + (unit == Self.firstUnit ? "" : "-\(fleet.cluster.name)")
    }
    private var hasManager: Bool { Directories.isDirectory("\(root)/run/systemd/system") }

    /// Places the files, enables and starts the unit; where it runs with other files, it is restarted. Changes nothing that is
    /// right.
    public func install() async -> Outcome {
        guard hasManager else { return .noManager }
        let unit = unit
        if unit != Self.firstUnit, isRotated(by: rotationPath(of: Self.firstUnit)) {
            return .failed(
                what: "placing \(unit)",
                reason:
                    "\(fleet.monitor.log) is the log of \(Self.firstUnit), which watches \(directory(of: Self.firstUnit) ?? ""): "
                    + "give monitor.log and monitor.metrics of defaults.cfg other values")
        }
        for directory in [place.state, Directories.parent(of: fleet.monitor.log)] {
            do throws(ProcessError) { try Directories.make(directory) } catch {
                return .failed(what: "making \(directory)", reason: error.reason)
            }
        }
        let isSame = put(text(of: unit, program: Self.program), path(of: unit))
        let isSameRotation = put(rotation(of: unit), rotationPath(of: unit))
        for problem in [isSame.problem, isSameRotation.problem] {
            if let problem { return .failed(what: "placing the unit", reason: problem) }
        }
        let isEnabled = await systemctl("--quiet", "is-enabled", unit) == nil
        let isActive = await systemctl("--quiet", "is-active", unit) == nil
        if isSame.isUnchanged, isEnabled, isActive { return .done(changed: !isSameRotation.isUnchanged) }
        for command in [
            ["daemon-reload"], ["--quiet", "enable", unit], [isActive ? "restart" : "start", unit],
        ] {
            if let reason = await systemctl(command) {
                return .failed(what: "systemctl \(command.joined(separator: " "))", reason: reason)
            }
        }
        return .done(changed: true)
    }

    /// Stops and disables the unit, and removes its files.
    public func uninstall() async -> Outcome {
        guard hasManager else { return .noManager }
        let unit = unit
        let isThere = directory(of: unit) == Self.argument(place.directory)
        guard isThere else { return .done(changed: false) }
        if let reason = await systemctl("--quiet", "disable", "--now", unit) {
            return .failed(what: "systemctl disable --now \(unit)", reason: reason)
        }
        for path in [path(of: unit), rotationPath(of: unit)] where unlink(path) != 0 && errno != ENOENT {
            return .failed(what: "removing \(path)", reason: String(cString: strerror(errno)))
        }
        _ = await systemctl("daemon-reload")
        return .done(changed: true)
    }

    private func systemctl(_ words: String...) async -> String? { await systemctl(words) }

    /// - Returns: why it did not succeed; nil when it did.
    private func systemctl(_ words: [String]) async -> String? {
        do throws(ProcessError) {
            let result = try await Process.run("systemctl", words, deadline: Self.systemctlDeadline)
            return result.exit.isSuccess ? nil : result.stderr.text.isEmpty ? "\(result.exit)" : result.stderr.trimmed
        } catch {
            return error.reason
        }
    }

    /// Whether another fleet's log is this one's, too.
    private func isRotated(by path: String) -> Bool {
        guard let bytes = try? BoundedFile.read(path, limit: Self.longestFile) else { return false }
        return String(decoding: bytes, as: UTF8.self).contains("\n\(Self.quoted(fleet.monitor.log)) {")
    }

    private func put(_ text: String, _ path: String) -> (isUnchanged: Bool, problem: String?) {
        let bytes = Array(text.utf8)
        if (try? BoundedFile.read(path, limit: Self.longestFile)) == bytes { return (true, nil) }
        do throws(ProcessError) {
            try Directories.make(Directories.parent(of: path))
            try AtomicFile.write(bytes, to: path)
            return (false, nil)
        } catch {
            return (false, "\(path): \(error.reason)")
        }
    }

    /// This program's path.
    private static var program: String {
        var buffer = [CChar](repeating: 0, count: 4097)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard count > 0 else { return "/usr/bin/gantry" }
        return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    // MARK: The files

    /// The unit: it sees the file system read-only but for the fleet's state and logs, has no capability and no device, and
    /// may make no namespace. It sees all processes, since a lease is only taken from a holder that is proven gone.
    ///
    /// With `hasBootID` the boot id is a file mounted by a container's manager (systemd-nspawn). Protecting what lies around it
    /// would show the machine's own, and by boot ids it is told who holds a lease.
    func text(
        of unit: String = firstUnit, program: String, hasBootID: Bool = Machine.hasMountedBootID
    ) -> String {
        // A sendmail program hands mail to its spool with a right that it gets from its file.
        let sendsByProgram = fleet.notify.map { $0.smtp == nil } ?? false
        let logs = Directories.parent(of: fleet.monitor.log)
        let writable = Set(
            [place.directory, place.state, logs]
                + (sendsByProgram ? ["/var/spool"] : [])
        ).sorted()
        // In a directory of its own under that name nobody would find the log.
        let usesTemporary = writable.contains { path in
            ["/tmp", "/var/tmp"].contains { path == $0 || path.hasPrefix($0 + "/") }
        }
        return """
            # Placed by gantry install-service; what is changed here is placed anew. Own settings: systemctl edit \(unit)
            [Unit]
            Description=Monitoring daemon of the Kafka cluster \(fleet.cluster.name)
            After=network-online.target
            Wants=network-online.target

            [Service]
            Type=notify
            NotifyAccess=main
            ExecStart=\(Self.argument(program)) dockmon run --quiet --resume --fleet \(Self.argument(place.directory))
            ExecReload=/bin/kill -HUP $MAINPID
            # The worker of an operation that it resumed goes on without it.
            KillMode=process
            Restart=on-failure
            RestartSec=5
            TimeoutStartSec=180
            TimeoutStopSec=10
            WatchdogSec=120
            Environment=HOME=\(CurrentUser.current().home ?? "/root")
            # For 200 hosts, four descriptors each, and a thousand brokers' connections.
            LimitNOFILE=4096
            # Threads that answer somebody take precedence over others, for which they would need a capability.
            LimitNICE=-20
            # Where shared SSH connections have their sockets: that worker needs them when PrivateTmp is gone with the daemon.
            RuntimeDirectory=gantry-monitor
            RuntimeDirectoryMode=0700
            RuntimeDirectoryPreserve=yes
            Environment=XDG_RUNTIME_DIR=/run/gantry-monitor
            \(logs.hasPrefix("/var/log/") ? "LogsDirectory=\(Self.inUnit(String(logs.dropFirst(9))))" : "")

            CapabilityBoundingSet=
            AmbientCapabilities=
            DevicePolicy=closed
            LockPersonality=yes
            MemoryDenyWriteExecute=yes
            NoNewPrivileges=\(sendsByProgram ? "no" : "yes")
            PrivateDevices=yes
            PrivateTmp=\(usesTemporary ? "no" : "yes")
            ProtectClock=yes
            ProtectControlGroups=\(hasBootID ? "no" : "yes")
            ProtectHome=read-only
            ProtectHostname=yes
            ProtectKernelLogs=yes
            ProtectKernelModules=yes
            ProtectKernelTunables=\(hasBootID ? "no" : "yes")
            ProtectSystem=strict
            ReadWritePaths=\(writable.map { "-" + Self.inUnit($0) }.joined(separator: " "))
            RemoveIPC=yes
            RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
            RestrictNamespaces=yes
            RestrictRealtime=yes
            RestrictSUIDSGID=yes
            SystemCallArchitectures=native
            SystemCallErrorNumber=EPERM
            SystemCallFilter=@system-service
            SystemCallFilter=~@privileged @resources
            SystemCallFilter=setpriority
            UMask=0077

            [Install]
            WantedBy=multi-user.target

            """
    }

    /// The daemon sees by itself that its log was renamed.
    func rotation(of unit: String) -> String {
        """
        # Placed by gantry install-service.
        \(Self.quoted(fleet.monitor.log)) {
            weekly
            rotate 8
            maxsize 100M
            compress
            delaycompress
            missingok
            notifempty
            create 0640
            postrotate
                systemctl kill --signal=HUP --kill-who=main \(unit) 2>/dev/null || true
            endscript
        }

        """
    }

    /// A path in a unit, where `%` begins a specifier.
    private static func inUnit(_ path: String) -> String { quoted(path.replacing("%", with: "%%")) }
    /// An argument of a unit's command, where `$` begins a variable.
    private static func argument(_ path: String) -> String { inUnit(path.replacing("$", with: "$$")) }

    /// A path as systemd and logrotate take it.
    private static func quoted(_ path: String) -> String {
        path.contains(where: { $0 == " " || $0 == "\"" || $0 == "\\" })
            ? "\"" + path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\"" : path
    }
}
