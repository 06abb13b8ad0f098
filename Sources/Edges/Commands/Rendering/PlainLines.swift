extension Document {
    /// One line a fact: a word that says what it is, then `name=value`, quoted where it would not be one word.
    var plainLines: [String] { blocks.flatMap(\.plainLines) }
}

extension Document.Block {
    fileprivate var plainLines: [String] {
        switch self {
        case .heading: []
        case .text(let cell): [TextWidth.harmless(cell.exact ?? cell.text)]
        case .pairs(let pairs):
            pairs.map { PlainLine.fields([($0.key, $0.value.exact ?? $0.value.text)]) }.filter { !$0.isEmpty }
        case .table(let table):
            table.rows.map { row in
                PlainLine.line(table.noun, zip(table.columns, row).map { ($0.key, $1.exact ?? $1.text) })
            }
        case .findings(let findings):
            findings.map {
                PlainLine.line(
                    "finding",
                    [
                        ("severity", $0.severity.exact ?? $0.severity.text), ("rule", $0.rule),
                        ("subject", $0.subject), ("evidence", $0.evidence), ("remedy", $0.remedy),
                    ])
            }
        case .outcomes(let rows):
            rows.flatMap { row in
                [
                    PlainLine.line(
                        "result",
                        [("subject", row.subject), ("result", row.outcome.rawValue), ("detail", row.detail)])
                ]
                    + row.evidence.map { PlainLine.line("evidence", [("subject", row.subject), ("line", $0)]) }
            }
        case .failures(let failures):
            failures.flatMap { failure in
                [
                    PlainLine.line(
                        "failure",
                        [
                            ("code", failure.code), ("what", failure.message), ("object", failure.object ?? ""),
                            ("reason", failure.reason ?? ""), ("next", failure.next ?? ""),
                        ])
                ]
                    + failure.evidence.map { PlainLine.line("evidence", [("code", failure.code), ("line", $0)]) }
            }
        case .lines(let lines): lines.map(TextWidth.harmless)
        }
    }
}

enum PlainLine {
    /// `noun name=value name="two words"`; what has no value is left out.
    static func line(_ noun: String, _ values: [(String, String)]) -> String {
        let fields = fields(values)
        return fields.isEmpty ? noun : "\(noun) \(fields)"
    }

    static func fields(_ values: [(String, String)]) -> String {
        values.filter { !$0.1.isEmpty }.map { "\($0.0)=\(word($0.1))" }.joined(separator: " ")
    }

    private static func word(_ value: String) -> String {
        let text = TextWidth.harmless(value)
        let isWord = text.unicodeScalars.allSatisfy { $0 != " " && $0 != "\"" && $0 != "\\" && $0 != "'" }
        if isWord { return text }
        var quoted = "\""
        for character in text {
            if character == "\"" || character == "\\" { quoted.append("\\") }
            quoted.append(character)
        }
        return quoted + "\""
    }
}
