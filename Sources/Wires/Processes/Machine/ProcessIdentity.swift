internal import CSystem
internal import Glibc

/// One process of one boot of one machine: unlike its id, never used twice.
public struct ProcessIdentity: Sendable, Hashable {
    /// The process id.
    public let pid: Int32
    /// When it started, in clock ticks since the machine's boot (proc(5), field 22 of `stat`).
    public let startTicks: UInt64
    /// The boot it belongs to: `/proc/sys/kernel/random/boot_id`.
    public let bootID: String

    /// An identity read back from where it was kept.
    public init(pid: Int32, startTicks: UInt64, bootID: String) {
        self.pid = pid
        self.startTicks = startTicks
        self.bootID = bootID
    }

    /// This process.
    ///
    /// - Throws: `ProcessError` when `/proc` is not mounted.
    public static func current() throws(ProcessError) -> ProcessIdentity { try of(getpid()) }

    /// The process that has this id now.
    ///
    /// - Throws: `fileMissing` when there is none.
    public static func of(_ pid: Int32) throws(ProcessError) -> ProcessIdentity {
        let entry = try readEntry(pid)
        return ProcessIdentity(pid: pid, startTicks: entry.startTicks, bootID: try Machine.bootID())
    }

    /// Whether exactly this process still runs on this machine. One that has ended and was not yet waited for does not run.
    /// Of a process of another machine it says false, as of one before a reboot: compare the machine first.
    public var isRunning: Bool {
        guard let boot = try? Machine.bootID(), boot == bootID, let entry = try? Self.readEntry(pid) else {
            return false
        }
        return entry.startTicks == startTicks && entry.state != "Z" && entry.state != "X"
    }

    /// Its state and start time. The name in the second field may have blanks and parentheses in it; fields are counted
    /// from the last parenthesis.
    private static func readEntry(_ pid: Int32) throws(ProcessError) -> (state: Substring, startTicks: UInt64) {
        let path = "/proc/\(pid)/stat"
        let text = String(decoding: try BoundedFile.read(path, limit: 4096), as: UTF8.self)
        let fields = (text.lastIndex(of: ")").map { text[text.index(after: $0)...] } ?? "").split(separator: " ")
        guard fields.count > 19, let ticks = UInt64(fields[19]) else {
            throw ProcessError(.fileFailed, subject: path, reason: "it does not look like proc(5) says")
        }
        return (fields[0], ticks)
    }
}
