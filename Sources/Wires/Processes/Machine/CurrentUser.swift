internal import Glibc

/// Who runs this process.
public struct CurrentUser: Sendable, Equatable {
    /// The effective user id.
    public let id: UInt32
    /// The name of that id, or the id in decimal where it has none.
    public let name: String
    /// The user who called sudo, if that is how we were started.
    public let sudoUser: String?
    /// The home directory; nil where there is none.
    public let home: String?

    /// Whether it is root.
    public var isRoot: Bool { id == 0 }

    /// The user of this process, by its effective id and the user database.
    public static func current() -> CurrentUser {
        let id = geteuid()
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        // 16 KiB: glibc's own suggestion is 1 KiB; directories as LDAP have long comments.
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        let isKnown = getpwuid_r(id, &entry, &buffer, buffer.count, &found) == 0 && found != nil
        return buffer.withUnsafeBufferPointer { _ in
            CurrentUser(
                id: id, name: isKnown ? string(entry.pw_name) ?? "\(id)" : "\(id)",
                sudoUser: string(getenv("SUDO_USER")),
                home: string(getenv("HOME")) ?? (isKnown ? string(entry.pw_dir) : nil))
        }
    }

    private static func string(_ pointer: UnsafePointer<CChar>?) -> String? {
        guard let pointer, pointer.pointee != 0 else { return nil }
        return String(cString: pointer)
    }
}
