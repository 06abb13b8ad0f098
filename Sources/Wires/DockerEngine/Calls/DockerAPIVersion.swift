/// A version of the Engine API, `1.41`.
public struct DockerAPIVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 1 until now.
    public let major: Int
    /// Counts up with Docker's releases.
    public let minor: Int

    /// A version.
    public init(_ major: Int, _ minor: Int) { (self.major, self.minor) = (major, minor) }

    /// Reads `1.41`; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = Int(parts[0]), let minor = Int(parts[1]), (0...999).contains(major),
            (0...9999).contains(minor)
        else { return nil }
        self.init(major, minor)
    }

    /// Docker 20.10, the oldest that is served.
    public static let oldest = DockerAPIVersion(1, 41)
    /// Docker 28.5, the newest that the tests were run against. A newer daemon is spoken to in this version.
    public static let newest = DockerAPIVersion(1, 51)

    /// What both sides speak: the daemon's own version or our newest, whichever is older.
    ///
    /// Nil when there is none: the daemon is older than our oldest, or no longer serves our newest.
    static func common(daemon: DockerAPIVersion, daemonMinimum: DockerAPIVersion?) -> DockerAPIVersion? {
        let common = min(daemon, newest)
        guard common >= oldest, common >= daemonMinimum ?? oldest else { return nil }
        return common
    }

    /// Orders by age.
    public static func < (a: DockerAPIVersion, b: DockerAPIVersion) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
    /// `1.41`.
    public var description: String { "\(major).\(minor)" }
}
