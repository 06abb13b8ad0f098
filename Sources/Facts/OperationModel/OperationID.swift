public import FleetModel

/// Names one operation, sorts by time of creation: `20260501-030000-3f9a`.
public struct OperationID: ValidatedName {
    /// The name itself.
    public let rawValue: String
    /// What a valid one looks like.
    public static let rule = "an operation's id, as `gantry operation list` shows it"

    /// Fails for anything but 1 to 40 letters, digits and '-', not beginning with '-'.
    public init?(rawValue: String) {
        let valid = rawValue.utf8.allSatisfy {
            ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x7a) || $0 == 0x2d
        }
        guard (1...40).contains(rawValue.utf8.count), !rawValue.hasPrefix("-"), valid else { return nil }
        self.rawValue = rawValue
    }

    /// The id of an operation created at `time`; `salt` tells two of the same second apart.
    public init(createdAt time: Timestamp, salt: UInt16) {
        let stamp = time.description.prefix(19).filter { $0 != "-" && $0 != ":" }
        let hex = String(UInt32(salt) | 0x1_0000, radix: 16).dropFirst()
        self.rawValue = "\(stamp.prefix(8))-\(stamp.suffix(6))-\(hex)"
    }
}

/// Names one step within its operation: `place-files/10.0.0.11`.
public struct StepID: RawRepresentable, Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The name itself.
    public let rawValue: String

    /// Any text; the workflow makes it unique.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The step of `kind` on `subject`.
    public init(_ kind: String, _ subject: String) { self.rawValue = "\(kind)/\(subject)" }

    /// Orders by value.
    public static func < (a: StepID, b: StepID) -> Bool { a.rawValue < b.rawValue }
    /// As people write it.
    public var description: String { rawValue }
}
