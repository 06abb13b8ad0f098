/// A container's identity: 64 hexadecimal digits, or an unambiguous beginning of them. A re-created container has
/// another one.
public struct ContainerID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The digits.
    public let rawValue: String

    /// An id as Docker gave it; whether it is one is checked when it is used.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The first twelve digits, as Docker shows it to people.
    public var short: String { String(rawValue.prefix(12)) }
    /// All digits.
    public var description: String { rawValue }
}

/// An image's identity: the digest of its configuration, `sha256:…`.
public struct ImageID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// With its algorithm.
    public let rawValue: String

    /// An id as Docker gave it.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// All of it.
    public var description: String { rawValue }
}

/// How a call names a container.
public enum ContainerReference: Hashable, Sendable, CustomStringConvertible {
    /// By what it is.
    case id(ContainerID)
    /// By what it is called, without the slash that Docker puts before it.
    case name(String)

    /// The name, or the short id.
    public var description: String {
        switch self {
        case .id(let id): id.short
        case .name(let name): name
        }
    }

    private var text: String {
        switch self {
        case .id(let id): id.rawValue
        case .name(let name): name
        }
    }

    /// The reference as one component of a path. Docker's own rule for names (`[a-zA-Z0-9][a-zA-Z0-9_.-]+`) needs no
    /// escape, and leaves no way out of the path; nil for what breaks the rule.
    var component: String? {
        let text = text.utf8
        guard let first = text.first, first.isLetterOrDigit, text.count <= 255,
            text.allSatisfy({ $0.isLetterOrDigit || "_.-".utf8.contains($0) })
        else { return nil }
        return self.text
    }
}

/// How a call names an image: `repository:tag`, `repository@digest`, or an id.
public struct ImageReference: RawRepresentable, Hashable, Sendable, Codable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    /// As people write it.
    public let rawValue: String

    /// A reference; its form is checked when it is used.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// A reference; its form is checked when it is used.
    public init(_ text: String) { rawValue = text }
    /// The image of this id.
    public init(_ id: ImageID) { rawValue = id.rawValue }
    /// A reference.
    public init(stringLiteral value: String) { rawValue = value }

    /// As people write it.
    public var description: String { rawValue }

    /// The reference within a path; nil for what no image can be called, such as a component of dots.
    var path: String? {
        let components = rawValue.split(separator: "/", omittingEmptySubsequences: false)
        // Docker's bound for a name is 255 bytes; a tag has 128, a digest less.
        guard rawValue.utf8.count <= 512,
            components.allSatisfy({ component in
                component.utf8.first?.isLetterOrDigit == true
                    && component.utf8.allSatisfy { $0.isLetterOrDigit || "_.-:@".utf8.contains($0) }
            })
        else { return nil }
        return rawValue
    }

    /// Repository, and tag or digest where there is one: the last colon after the last slash.
    var parts: (repository: String, tag: String?) {
        if let at = rawValue.firstIndex(of: "@") {
            return (String(rawValue[..<at]), String(rawValue[rawValue.index(after: at)...]))
        }
        guard let colon = rawValue.lastIndex(of: ":"), !rawValue[colon...].contains("/") else { return (rawValue, nil) }
        return (String(rawValue[..<colon]), String(rawValue[rawValue.index(after: colon)...]))
    }
}

extension UInt8 {
    var isLetterOrDigit: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: false
        }
    }
}
