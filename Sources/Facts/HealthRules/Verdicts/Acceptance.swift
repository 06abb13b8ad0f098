/// A blocker that the operator waives: exactly one code, and where an object is named, that object alone.
public struct Acceptance: Hashable, Sendable {
    /// The blocker's code.
    public var code: String
    /// The one object; nil: whatever object the code is about.
    public var object: String?

    /// `code`, for `object`.
    public init(code: String, object: String?) { (self.code, self.object) = (code, object) }

    /// Whether it waives `blocker`.
    public func covers(_ blocker: Blocker) -> Bool {
        guard code == blocker.code else { return false }
        // The loss of data is never waived for all topics at once.
        guard let object else { return !Self.wantsObject.contains(code) }
        return blocker.object == object || blocker.object.hasSuffix(" \(object)")
    }

    /// Codes that are waived for a named object only.
    private static let wantsObject: Set<String> = ["sole-replica"]
    /// Codes that can be waived at all; everything else has to be mended.
    public static let waivable: Set<String> = Set(
        ["sole-replica", "foreign-reassignment", "racks", "hosts", "controller-hosts", "no-memory"]
            + StopVerdict.Code.allCases.filter(\.isWaivable).map(\.rawValue))
    /// A lease that another techhost left behind: the hosts tell of it, and it is waived for that techhost by name.
    public static let foreignLease = "foreign-lease"
    /// Every code that `--accept` knows.
    public static let codes: Set<String> = waivable.union([foreignLease])
}

extension [Acceptance] {
    /// The blockers that are not waived.
    public func remaining(_ blockers: [Blocker]) -> [Blocker] {
        blockers.filter { blocker in
            !Acceptance.waivable.contains(blocker.code) || !contains { $0.covers(blocker) }
        }
    }
}
