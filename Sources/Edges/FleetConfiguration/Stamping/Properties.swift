/// A Java `.properties` file, as Kafka reads it: ISO 8859-1 with `\u` escapes (`java.util.Properties.load`).
struct Properties {
    /// Settings that belong together, under a comment.
    struct Group {
        var comment: String
        var settings: [(name: String, value: String)]
    }

    var header: [String]
    var groups: [Group]

    var text: String {
        var lines = header.map { "# \($0)" }
        for group in groups where !group.settings.isEmpty {
            lines += ["", "# \(group.comment)"]
            lines += group.settings.map { "\(Self.escaped($0.name, key: true))=\(Self.escaped($0.value, key: false))" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// `text` so that Java reads back exactly it.
    static func escaped(_ text: String, key: Bool) -> String {
        var result = ""
        var isLeading = true
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0C}": result += "\\f"
            case " ": result += isLeading || key ? "\\ " : " "
            case "=", ":", "#", "!": result += key ? "\\\(scalar)" : String(scalar)
            case "\u{21}"..."\u{7E}": result.unicodeScalars.append(scalar)
            default:
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
            if scalar != " " { isLeading = false }
        }
        return result
    }
}
