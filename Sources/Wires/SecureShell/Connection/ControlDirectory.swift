internal import Glibc
internal import Processes

/// The directory of the sockets by which commands share one connection a host: this user's alone, with a short path.
public struct ControlDirectory: Sendable, Hashable {
    /// 18 bytes: a slash, 16 digits, and one to spare.
    private static let longestName = 18
    /// ssh binds under the name with a dot and 16 characters added, then renames.
    private static let temporarySuffix = 17
    static let longestPath = UnixSocket.longestPath - longestName - temporarySuffix

    /// Its path.
    public let path: String

    /// The directory wanted, if sockets fit below it, else a short one for it below `$XDG_RUNTIME_DIR` or `/tmp`; made where
    /// missing. With nil the short one at once.
    ///
    /// - Throws: `SSHError.Code.localFailure` when it is another user's or open to others, or can't be made.
    public static func open(_ wanted: String? = nil) throws(SSHError) -> ControlDirectory {
        let user = CurrentUser.current()
        let runtime = getenv("XDG_RUNTIME_DIR").map { String(cString: $0) }
        do throws(ProcessError) {
            if let wanted, wanted.utf8.count <= longestPath {
                try Directories.makePrivate(wanted)
                return ControlDirectory(path: wanted)
            }
            let name = wanted.map { "-" + hexadecimal(fingerprint(of: [$0])).prefix(8) } ?? ""
            if let runtime, runtime.hasPrefix("/"), Directories.isDirectory(runtime) {
                let path = "\(runtime)/gantry\(name)"
                if path.utf8.count <= longestPath, (try? Directories.makePrivate(path)) != nil {
                    return ControlDirectory(path: path)
                }
            }
            let path = "/tmp/gantry-\(user.id)\(name)"
            try Directories.makePrivate(path)
            return ControlDirectory(path: path)
        } catch {
            throw SSHError(
                .localFailure, host: Machine.hostName,
                reason: "there is no safe directory for control sockets: \(error.reason)",
                remedy: error.remedy.isEmpty ? "" : "\(error.subject): \(error.remedy)", cause: error)
        }
    }

    /// The socket of the connection with these settings: other settings, another connection.
    func socket(for settings: SSHSettings) -> String {
        let fields = [
            settings.host, settings.user, settings.port.map { "\($0)" }, settings.identity, settings.configuration,
            settings.knownHosts,
        ]
        return "\(path)/\(Self.hexadecimal(Self.fingerprint(of: fields)))"
    }

    /// A new name for the local end of a forward: our process id, so that leftovers are known for what they are, and digits.
    func newForward() -> String {
        "\(path)/f\(String(getpid(), radix: 36))-\(String(UInt32.random(in: 0...UInt32.max), radix: 36))"
    }

    /// Removes the local ends of forwards whose process is gone.
    func removeLeftovers() {
        for name in (try? Directories.entries(path)) ?? [] where name.hasPrefix("f") && name.contains("-") {
            guard let owner = name.dropFirst().split(separator: "-").first.flatMap({ Int32($0, radix: 36) }) else {
                continue
            }
            if kill(owner, 0) != 0, errno == ESRCH { unlink("\(path)/\(name)") }
        }
    }

    /// FNV-1a over the fields, with what is absent kept apart from what is empty.
    private static func fingerprint(of fields: [String?]) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for field in fields {
            mix(field == nil ? 0 : 1)
            for byte in (field ?? "").utf8 { mix(byte) }
            mix(0)
        }
        return hash
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
