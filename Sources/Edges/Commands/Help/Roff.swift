/// Writes man(7) (groff_man(7)); only what groff and mandoc both know.
struct Roff {
    private(set) var text: String

    init(title: String, section: Int) {
        // No date: a page made twice from the same source is the same.
        text = ".TH \(Self.escaped(title)) \(section) \"\" \"gantry \(Version.text)\" \"Gantry\"\n"
    }

    /// Text that no macro and no escape of roff is read from.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += #"\e"#
            case "-": result += #"\-"#
            case "'": result += #"\(aq"#
            case "`": result += #"\(ga"#
            case "^": result += #"\(ha"#
            case "~": result += #"\(ti"#
            case _ where scalar.value < 0x80: result.unicodeScalars.append(scalar)
            default:
                let hex = String(scalar.value, radix: 16, uppercase: true)
                result += "\\[u" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex + "]"
            }
        }
        return result.hasPrefix(".") ? #"\&"# + result : result
    }

    static func placeholder(_ value: ValueDefinition) -> String { #"\fI\#(escaped(value.placeholder))\fR"# }

    mutating func line(_ roff: String) { text += roff + "\n" }
    mutating func macro(_ name: String, _ arguments: [String] = []) {
        line(([".\(name)"] + arguments.map { "\"\(Self.escaped($0))\"" }).joined(separator: " "))
    }
    mutating func heading(_ title: String) { line(".SH \(title)") }
    mutating func subheading(_ title: String) { macro("SS", [title]) }
    mutating func paragraph(_ sentence: String) {
        // A heading begins a paragraph by itself.
        let isFirst = text.split(separator: "\n").last.map { $0.hasPrefix(".SH") || $0.hasPrefix(".SS") } ?? true
        if !isFirst { line(".PP") }
        line(Self.escaped(sentence))
    }
    mutating func item(_ tag: String, _ sentence: String) {
        line(".TP")
        line(tag)
        line(Self.escaped(sentence))
    }
}
