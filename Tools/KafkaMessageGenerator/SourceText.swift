/// Swift source, line by line, indented by nesting and wrapped at 120 columns where prose allows it.
struct SourceText {
    private(set) var text = ""
    private var depth = 0
    static let width = 120

    mutating func line(_ content: String = "") {
        text += content.isEmpty ? "\n" : String(repeating: "    ", count: depth) + content + "\n"
    }

    mutating func block(_ head: String, _ body: (inout SourceText) throws -> Void) rethrows {
        line(head + " {")
        depth += 1
        try body(&self)
        depth -= 1
        line("}")
    }

    /// `head { statement }` in one line if it fits, else in three.
    mutating func lineOrBlock(_ head: String, _ statement: String) {
        if depth * 4 + head.count + statement.count + 5 <= Self.width {
            line("\(head) { \(statement) }")
        } else {
            block(head) { $0.line(statement) }
        }
    }

    mutating func indented(_ body: (inout SourceText) throws -> Void) rethrows {
        depth += 1
        try body(&self)
        depth -= 1
    }

    /// A documentation comment.
    mutating func doc(_ prose: String) {
        let room = Self.width - depth * 4 - 4
        var current = ""
        for word in prose.split(whereSeparator: \.isWhitespace) {
            if !current.isEmpty, current.count + 1 + word.count > room {
                line("/// " + current)
                current = ""
            }
            current += (current.isEmpty ? "" : " ") + word
        }
        line("/// " + current)
    }
}
