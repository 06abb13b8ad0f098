/// A container's user in numbers: what the directories it writes to must belong to.
public struct ContainerUser: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The user's number.
    public var user: UInt32
    /// The group's number.
    public var group: UInt32

    /// This user and group.
    public init(user: UInt32, group: UInt32) { (self.user, self.group) = (user, group) }

    /// What holds when the template says nothing. Root is the one user that every image has and every directory of a
    /// host lets in; a template with `user: "1000:1000"` gets its directories and properties owned by that user.
    public static let root = ContainerUser(user: 0, group: 0)

    /// `1000` or `1000:1000`; nil for names and anything else. Without a group it is root's, as in Docker.
    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { UInt32($0) }
        guard (1...2).contains(parts.count), let user = parts[0], let group = parts.count == 2 ? parts[1] : 0 else {
            return nil
        }
        self.init(user: user, group: group)
    }

    /// As Compose and `chown` take it: `1000:1000`.
    public var description: String { "\(user):\(group)" }
}

/// Compose's durations: `1h5m30s20ms`.
enum ComposeDuration {
    /// Whole seconds, a part of one left out; nil where the text is no duration.
    static func seconds(_ text: String) -> Int64? {
        var rest = text[...]
        var milliseconds: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let number = Int64(digits), number <= 1_000_000_000 else { return nil }
            rest = rest[digits.endIndex...]
            let unit = rest.prefix { $0.isLetter }
            rest = rest[unit.endIndex...]
            switch unit {
            case "h": milliseconds += number * 3_600_000
            case "m": milliseconds += number * 60_000
            case "s": milliseconds += number * 1000
            case "ms": milliseconds += number
            case "us", "ns": break
            default: return nil
            }
            guard milliseconds <= 1 << 50 else { return nil }
        }
        return milliseconds / 1000
    }
}

/// `labels` and `environment`, in either of Compose's two ways of writing them, as one mapping.
struct ComposeMap {
    private(set) var entries: [(name: String, value: YAMLNode)] = []

    init(_ node: YAMLNode?, missing: YAMLNode) {
        for item in node?.items ?? [] {
            guard let text = item.text else { continue }
            let name = text.prefix { $0 != "=" }
            self[String(name)] =
                name.endIndex == text.endIndex ? missing : .string(String(text[name.endIndex...].dropFirst()))
        }
        for entry in node?.entries ?? [] {
            guard let name = entry.key.text else { continue }
            self[name] = entry.value.isNull ? missing : entry.value
        }
    }

    subscript(name: String) -> YAMLNode? {
        get { entries.first { $0.name == name }?.value }
        set {
            let index = entries.firstIndex { $0.name == name }
            guard let newValue else { return entries.removeAll { $0.name == name } }
            if let index { entries[index].value = newValue } else { entries.append((name, newValue)) }
        }
    }

    var node: YAMLNode { .map(entries.map { ($0.name, $0.value) }) }
}

extension String {
    /// With every `$` doubled: Compose puts variables in where one stands alone.
    var withoutInterpolation: String {
        var text = ""
        for character in self { text += character == "$" ? "$$" : String(character) }
        return text
    }
}
