internal import CSystem
internal import Glibc

/// What went wrong with a child process, a file of this machine or one of its few shared pieces.
public struct ProcessError: Error, Sendable, CustomStringConvertible {
    /// The kinds that callers tell apart.
    public enum Code: Sendable, Equatable {
        /// The program is not installed, or not where it was said to be.
        case executableMissing
        /// The directory the child was to start in does not exist.
        case directoryMissing
        /// The kernel would not start or watch the child.
        case spawnFailed
        /// The deadline passed; the child and its group were ended.
        case deadlineExceeded
        /// The task was cancelled; the child and its group were ended.
        case cancelled
        /// The child wrote more than `OutputLimits` allows and `whenFull` said to stop.
        case outputOverLimit
        /// The child did not even end after SIGKILL (it hangs in the kernel, as on a dead disk).
        case unkillable
        /// A file or directory does not exist.
        case fileMissing
        /// A file or directory exists, and must not.
        case fileExists
        /// A file is bigger than the bound it was read with.
        case fileTooLarge
        /// The file system, or a quota on it, is full.
        case noRoom
        /// The operating system does not permit it.
        case notPermitted
        /// Somebody else holds the lock.
        case locked
        /// A directory is not ours, or open to others.
        case unsafeDirectory
        /// A file with a secret is open to others, or no plain file of ours.
        case unsafeFile
        /// Any other failure of a file or directory.
        case fileFailed
    }

    /// The kind of failure.
    public let code: Code
    /// The program or the path it is about.
    public let subject: String
    /// What happened, in words.
    public let reason: String
    /// What to do about it; empty where nothing sensible can be said.
    public let remedy: String
    /// What the child had written until it was ended, for the codes that end a child.
    public let partial: ProcessResult?

    /// An error from its parts.
    public init(_ code: Code, subject: String, reason: String, remedy: String = "", partial: ProcessResult? = nil) {
        self.code = code
        self.subject = subject
        self.reason = reason
        self.remedy = remedy
        self.partial = partial
    }

    /// `subject: reason; remedy`.
    public var description: String {
        remedy.isEmpty ? "\(subject): \(reason)" : "\(subject): \(reason); \(remedy)"
    }

    /// A failed call on `path`: `verb` reads like "write" in "cannot write it".
    static func file(_ verb: String, _ path: String, _ error: Int32) -> ProcessError {
        let code: Code
        let remedy: String
        switch error {
        case ENOENT, ENOTDIR: (code, remedy) = (.fileMissing, "")
        case EEXIST: (code, remedy) = (.fileExists, "")
        case ENOSPC, EDQUOT: (code, remedy) = (.noRoom, "make room on its file system")
        case EACCES, EPERM, EROFS: (code, remedy) = (.notPermitted, "check its owner and mode, or run as another user")
        default: (code, remedy) = (.fileFailed, "")
        }
        return ProcessError(
            code, subject: path, reason: "cannot \(verb) it: \(words(error).lowercasedFirst)", remedy: remedy)
    }

    static func words(_ error: Int32) -> String { String(cString: csystem_process_words(error)) }
}

extension String {
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
