/// What a text means for its reader; the style turns it into colour.
enum Tone: Hashable, Sendable {
    case plain
    /// Works.
    case good
    /// Deserves a look.
    case notice
    /// Broken.
    case bad
    /// Could not be found out.
    case unknown
    /// Of less interest.
    case faint
    /// Names of things, headings.
    case strong
}

/// How a document may be shown.
struct Style: Hashable, Sendable {
    var hasColor = false
    var hasUnicode = true
    /// Columns to keep to; nil: as wide as it gets.
    var columns: Int?
    /// What lines to copy need; nil: nothing.
    var fleet: FleetMention?

    /// A text with what its command lines need.
    func copyable(_ text: String) -> String { fleet?.added(to: text) ?? text }

    var ellipsis: String { hasUnicode ? "…" : "..." }

    /// `text`, coloured (ECMA-48 SGR; the sixteen colours that every terminal theme defines).
    func paint(_ text: String, _ tone: Tone) -> String {
        guard hasColor, !text.isEmpty else { return text }
        let code =
            switch tone {
            case .plain: ""
            case .good: "32"
            case .notice: "33"
            case .bad: "31"
            case .unknown: "35"
            case .faint: "2"
            case .strong: "1"
            }
        return code.isEmpty ? text : "\u{1b}[\(code)m\(text)\u{1b}[0m"
    }

    /// A bar of `columns` that is full at 1; what is not a number is empty.
    func bar(_ fraction: Double, columns: Int) -> String {
        let share = fraction.isFinite ? min(1, max(0, fraction)) : 0
        guard hasUnicode else {
            let full = Int((share * Double(columns)) + 0.5)
            return String(repeating: "#", count: full) + String(repeating: ".", count: columns - full)
        }
        let eighths = Int(share * Double(columns * 8) + 0.5)
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        let drawn = String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
        return drawn + String(repeating: " ", count: columns - drawn.count)
    }
}
