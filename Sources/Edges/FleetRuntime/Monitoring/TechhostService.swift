public import FleetModel
import Glibc
import Processes

/// `gantry-monitor.service` on the techhost, with its logrotate file.
public struct TechhostService: Sendable {
    /// The unit's name.
    public static let unit = "gantry-monitor.service"
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

    private var unitPath: String { "\(root)/etc/systemd/system/\(Self.unit)" }
    private var rotationPath: String { "\(root)/etc/logrotate.d/gantry" }
    private var hasManager: Bool { Directories.isDirectory("\(root)/run/systemd/system") }

    /// Places the files, enables and starts the unit; where it runs with other files, it is restarted. Changes nothing that is
    /// right.
    public func install() async -> Outcome {
        guard hasManager else { return .noManager }
        let program = Self.program
        let isSame = put(unit(program: program), unitPath)
        let isSameRotation = put(rotation, rotationPath)
        for problem in [isSame.problem, isSameRotation.problem] {
            if let problem { return .failed(what: "placing the unit", reason: problem) }
        }
        let isEnabled = await systemctl("--quiet", "is-enabled", Self.unit) == nil
        let isActive = await systemctl("--quiet", "is-active", Self.unit) == nil
        if isSame.isUnchanged, isEnabled, isActive { return .done(changed: !isSameRotation.isUnchanged) }
        for command in [
            ["daemon-reload"], ["--quiet", "enable", Self.unit], [isActive ? "restart" : "start", Self.unit],
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
        let isThere = access(unitPath, F_OK) == 0
        if isThere, let reason = await systemctl("--quiet", "disable", "--now", Self.unit) {
            return .failed(what: "systemctl disable --now \(Self.unit)", reason: reason)
        }
        for path in [unitPath, rotationPath] where unlink(path) != 0 && errno != ENOENT {
            return .failed(what: "removing \(path)", reason: String(cString: strerror(errno)))
        }
        if isThere { _ = await systemctl("daemon-reload") }
        return .done(changed: isThere)
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

    private func put(_ text: String, _ path: String) -> (isUnchanged: Bool, problem: String?) {
        let bytes = Array(text.utf8)
        if (try? BoundedFile.read(path, limit: 1 << 16)) == bytes { return (true, nil) }
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
    func unit(program: String) -> String {
        // A sendmail program hands mail to its spool with a right that it gets from its file.
        let sendsByProgram = fleet.notify.map { $0.smtp == nil } ?? false
        let writable = Set(
            [place.directory, place.state, Directories.parent(of: fleet.monitor.log)]
                + (sendsByProgram ? ["/var/spool"] : [])
        ).sorted()
        return """
            # Placed by gantry install-service; what is changed here is placed anew. Own settings: systemctl edit \(Self.unit)
            [Unit]
            Description=Monitoring daemon of the Kafka cluster \(fleet.cluster.name)
            After=network-online.target
            Wants=network-online.target

            [Service]
            Type=notify
            NotifyAccess=main
            ExecStart=\(Self.quoted(program)) dockmon run --quiet --resume --fleet \(Self.quoted(place.directory))
            ExecReload=/bin/kill -HUP $MAINPID
            # The worker of an operation that it resumed goes on without it.
            KillMode=process
            Restart=on-failure
            RestartSec=5
            TimeoutStartSec=180
            TimeoutStopSec=10
            WatchdogSec=120
            Environment=HOME=\(CurrentUser.current().home ?? "/root")

            CapabilityBoundingSet=
            AmbientCapabilities=
            DevicePolicy=closed
            LockPersonality=yes
            MemoryDenyWriteExecute=yes
            NoNewPrivileges=\(sendsByProgram ? "no" : "yes")
            PrivateDevices=yes
            PrivateTmp=yes
            ProtectClock=yes
            ProtectControlGroups=yes
            ProtectHome=read-only
            ProtectHostname=yes
            ProtectKernelLogs=yes
            ProtectKernelModules=yes
            ProtectKernelTunables=yes
            ProtectSystem=strict
            ReadWritePaths=\(writable.map { "-" + Self.quoted($0) }.joined(separator: " "))
            RemoveIPC=yes
            RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
            RestrictNamespaces=yes
            RestrictRealtime=yes
            RestrictSUIDSGID=yes
            SystemCallArchitectures=native
            SystemCallErrorNumber=EPERM
            SystemCallFilter=@system-service
            SystemCallFilter=~@privileged @resources
            UMask=0077

            [Install]
            WantedBy=multi-user.target

            """
    }

    /// The daemon sees by itself that its log was renamed.
    var rotation: String {
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
                systemctl kill --signal=HUP --kill-who=main \(Self.unit) 2>/dev/null || true
            endscript
        }

        """
    }

    /// A path as systemd and logrotate take it: `%` begins a specifier of the former.
    private static func quoted(_ path: String) -> String {
        path.contains(where: { $0 == " " || $0 == "\"" || $0 == "\\" })
            ? "\"" + path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\"" : path
    }
}
