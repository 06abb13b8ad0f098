extension Document {
    /// The document for people, without a newline at its end.
    func text(_ style: Style) -> String {
        blocks.map { $0.lines(style).joined(separator: "\n") }.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }
}

extension Document.Block {
    fileprivate func lines(_ style: Style) -> [String] {
        switch self {
        case .heading(let text): [style.paint(TextWidth.harmless(text), .strong)]
        case .text(let cell):
            TextWidth.wrap(TextWidth.harmless(style.copyable(cell.text)), to: style.columns ?? .max).map {
                style.paint($0, cell.tone)
            }
        case .pairs(let pairs): Self.lines(of: pairs, style)
        case .table(let table): TableLayout(table, style).lines
        case .findings(let findings): findings.flatMap { $0.lines(style) }
        case .outcomes(let rows): Self.lines(of: rows, style)
        case .failures(let failures): failures.flatMap { $0.lines(style) }
        case .lines(let lines): lines.map { TextWidth.harmless(style.copyable($0)) }
        }
    }

    private static func lines(of pairs: [Pair], _ style: Style) -> [String] {
        let width = pairs.map { TextWidth.of($0.label) }.max() ?? 0
        return pairs.map { pair in
            let label = pair.label + String(repeating: " ", count: width - TextWidth.of(pair.label))
            return style.paint(label, .faint) + "  " + style.paint(TextWidth.harmless(pair.value.text), pair.value.tone)
        }
    }

    /// The rows as a table, with each one's evidence right below it.
    private static func lines(of rows: [OutcomeRow], _ style: Style) -> [String] {
        let columns = [
            Table.Column("subject", ""), Table.Column("result", ""), Table.Column("detail", "", canShrink: true),
        ]
        let cells = rows.map { row in
            [Cell(row.subject, .strong), Cell(row.outcome.rawValue, row.outcome.tone), Cell(row.detail)]
        }
        let table = TableLayout(Table("result", columns, cells), style)
        return zip(rows, table.rowLines).flatMap { row, line in
            [line] + row.evidence.map { "    " + style.paint("| " + TextWidth.harmless($0), .faint) }
        }
    }
}

extension FindingRow {
    fileprivate func lines(_ style: Style) -> [String] {
        let head =
            style.paint(severity.text, severity.tone) + "  " + style.paint(TextWidth.harmless(subject), .strong) + "  "
            + style.paint(rule, .faint)
        return [head]
            + LabelledText.lines([("why", evidence), ("next", remedy)], indent: "    ", style)
    }
}

/// Short labels with sentences beside them, wrapped below themselves.
enum LabelledText {
    static func lines(_ texts: [(label: String, text: String?)], indent: String, _ style: Style) -> [String] {
        let width = 6
        let room = max(20, (style.columns ?? .max) - indent.count - width)
        return texts.flatMap { label, text -> [String] in
            let lines = TextWidth.wrap(TextWidth.harmless(style.copyable(text ?? "")), to: room)
            return lines.enumerated().map { index, line in
                let label = index == 0 ? label : ""
                let padding = String(repeating: " ", count: max(1, width - label.count))
                return indent + style.paint(label, .faint) + padding + line
            }
        }
    }
}
