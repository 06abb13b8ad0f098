public import OperationModel
import Processes

extension Holder {
    /// This process, as the journal keeps it.
    /// - Throws: `StoreError` where /proc is not mounted, without which no holder could ever be proved gone.
    public static func current() throws(StoreError) -> Holder {
        do throws(ProcessError) {
            return Holder(try ProcessIdentity.current())
        } catch {
            throw StoreError.unavailable(
                what: "finding out this process's start time", file: "/proc", reason: "\(error)",
                remedy: "mount -t proc proc /proc")
        }
    }

    init(_ identity: ProcessIdentity) {
        let user = CurrentUser.current()
        self.init(
            techhost: Machine.hostName, pid: identity.pid, bootID: identity.bootID, startTicks: identity.startTicks,
            user: user.sudoUser.map { "\(user.name) (sudo: \($0))" } ?? user.name)
    }

    /// Whether this techhost has gone down since the process began: it is another boot, or the container that is the techhost
    /// has another first process. Of another techhost's process nothing is known: false.
    var isFromBeforeDowntime: Bool {
        guard techhost == Machine.hostName, let first = try? ProcessIdentity.of(1) else { return false }
        return first.bootID != bootID || first.startTicks > startTicks
    }

    /// Whether the process still runs on this techhost. Of another techhost's holder nothing can be proved: it counts
    /// as alive.
    public var isAlive: Bool {
        guard techhost == Machine.hostName else { return true }
        return ProcessIdentity(pid: pid, startTicks: startTicks, bootID: bootID).isRunning
    }
}
