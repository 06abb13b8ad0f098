public import FleetModel

/// The lease as a file on a host: what a second techhost, which does not have the journal, sees of an operation.
public struct HostLease: Hashable, Sendable {
    /// The operation.
    public var operation: OperationID
    /// Its command line.
    public var command: String
    /// The worker.
    public var holder: Holder
    /// Since when.
    public var since: Timestamp
    /// The operator's reason.
    public var reason: String?
    /// When its holder last showed life.
    public var heartbeat: Timestamp

    /// Another techhost's lease counts as left behind after so long without a heartbeat (PRODUCT.md section 4).
    public static let patience: Duration = .seconds(600)

    /// A lease of these parts.
    public init(
        operation: OperationID, command: String, holder: Holder, since: Timestamp, reason: String?, heartbeat: Timestamp
    ) {
        self.operation = operation
        self.command = command
        self.holder = holder
        self.since = since
        self.reason = reason
        self.heartbeat = heartbeat
    }

    /// What one who wants the host may do about it.
    public enum Claim: Hashable, Sendable {
        /// It is its own, or its holder is proven gone: it is taken.
        case free
        /// Its holder lives, or may.
        case held
        /// Another techhost's that was not heard of for a long time: the operator may say that it is gone.
        case left
    }

    /// How it stands in the way of `claimant`.
    /// - Parameters:
    ///   - claimant: the worker, or the command, that wants the host.
    ///   - own: the claimant's operation; nil: it has none yet.
    ///   - now: the time.
    ///   - isAlive: whether a process of the claimant's own techhost still runs.
    /// - Returns: what may be done.
    public func claim(by claimant: Holder, own: OperationID?, now: Timestamp, isAlive: (Holder) -> Bool) -> Claim {
        guard holder.techhost == claimant.techhost else {
            return now.since(heartbeat) >= Self.patience ? .left : .held
        }
        if operation == own, holder == claimant { return .free }
        return isAlive(holder) ? .held : .free
    }

    /// Who holds it, in a sentence.
    public func words(at now: Timestamp) -> String {
        let silence = max(0, now.since(heartbeat).components.seconds)
        return
            "operation \(operation) (\(command)) by \(holder.user) on \(holder.techhost), process \(holder.pid), since "
            + "\(since)" + (reason.map { " (\($0))" } ?? "") + "; last heard of \(silence) s ago"
    }

    // MARK: The file

    /// The file's text.
    public var text: String {
        let members: [(String, JSONValue)] = [
            ("operation", .string(operation.rawValue)), ("command", .string(command)), ("user", .string(holder.user)),
            ("techhost", .string(holder.techhost)), ("since", JSONValue(since)),
            ("reason", reason.map(JSONValue.string) ?? .null), ("heartbeat", JSONValue(heartbeat)),
            ("since_ms", .integer(since.milliseconds)), ("heartbeat_ms", .integer(heartbeat.milliseconds)),
            ("pid", JSONValue(holder.pid)), ("boot_id", .string(holder.bootID)),
            ("start_ticks", .string(String(holder.startTicks))),
        ]
        return JSONValue.object(JSONObject(members)).text(.indented) + "\n"
    }

    /// Reads the file; nil for what is none.
    public init?(text: String) {
        guard let value = try? JSONValue(parsing: text),
            let operation = (value["operation"]?.string).flatMap(OperationID.init(rawValue:)),
            let techhost = value["techhost"]?.string, let user = value["user"]?.string,
            let since = value["since_ms"]?.integer, let heartbeat = value["heartbeat_ms"]?.integer,
            let pid = (value["pid"]?.integer).flatMap(Int32.init(exactly:)), let bootID = value["boot_id"]?.string,
            let ticks = (value["start_ticks"]?.string).flatMap(UInt64.init)
        else { return nil }
        self.init(
            operation: operation, command: value["command"]?.string ?? "",
            holder: Holder(techhost: techhost, pid: pid, bootID: bootID, startTicks: ticks, user: user),
            since: Timestamp(milliseconds: since), reason: value["reason"]?.string,
            heartbeat: Timestamp(milliseconds: heartbeat))
    }
}
