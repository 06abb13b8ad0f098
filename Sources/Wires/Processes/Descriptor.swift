internal import CSystem
internal import Glibc

/// An open descriptor that is closed when it goes out of scope.
struct Descriptor: ~Copyable {
    let raw: Int32

    init(owning raw: Int32) { self.raw = raw }

    deinit { close(raw) }

    /// Gives the descriptor away, unclosed.
    consuming func release() -> Int32 {
        let raw = raw
        discard self
        return raw
    }

    static func open(_ path: String, _ flags: Int32, mode: UInt32 = 0, to verb: String) throws(ProcessError)
        -> Descriptor
    {
        let raw = csystem_process_open(path, flags, mode)
        guard raw >= 0 else { throw ProcessError.file(verb, path, errno) }
        return Descriptor(owning: raw)
    }

    /// Both ends of a new pipe.
    static func pipe() throws(ProcessError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        let error = csystem_process_pipe(&ends)
        guard error == 0 else {
            throw ProcessError(
                .spawnFailed, subject: "pipe", reason: "cannot make one: \(ProcessError.words(error))",
                remedy: "raise the limit of open files (ulimit -n)")
        }
        return (ends[0], ends[1])
    }
}
