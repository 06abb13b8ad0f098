/// A table laid out for a style: columns as wide as their widest cell, cut where the terminal is narrower.
struct TableLayout {
    private static let gap = "  "
    private static let barColumns = 10
    /// A column that may be cut keeps this much.
    private static let narrowest = 8

    private let table: Table
    private let style: Style
    private let widths: [Int]
    private let barLabelWidths: [Int]

    init(_ table: Table, _ style: Style) {
        var table = table
        for row in table.rows.indices {
            let missing = max(0, table.columns.count - table.rows[row].count)
            table.rows[row] =
                (table.rows[row] + Array(repeating: Cell(""), count: missing)).prefix(table.columns.count).map { cell in
                    var cell = cell
                    cell.text = TextWidth.harmless(cell.text)
                    return cell
                }
        }
        self.table = table
        self.style = style
        let labels = table.columns.indices.map { column in
            table.rows.filter { $0[column].bar != nil }.map { TextWidth.of($0[column].text) }.max() ?? 0
        }
        barLabelWidths = labels
        let natural = table.columns.indices.map { column in
            table.rows.map { row in
                row[column].bar == nil ? TextWidth.of(row[column].text) : Self.barColumns + 1 + labels[column]
            }.reduce(TextWidth.of(table.columns[column].title), max)
        }
        widths = Self.fitted(natural, table.columns, to: style.columns)
    }

    /// Takes columns off the widest one that may be cut, until the row fits or none can be cut further.
    private static func fitted(_ natural: [Int], _ columns: [Table.Column], to available: Int?) -> [Int] {
        guard let available else { return natural }
        var widths = natural
        var surplus = natural.reduce(0, +) + gap.count * max(0, natural.count - 1) - available
        while surplus > 0 {
            let candidates = columns.indices.filter { columns[$0].canShrink && widths[$0] > narrowest }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            surplus -= 1
        }
        return widths
    }

    /// Titles, unless all are empty, and rows.
    var lines: [String] {
        let hasTitles = table.columns.contains { !$0.title.isEmpty }
        let titles = line(table.columns.map { Cell($0.title, .faint) })
        return (hasTitles ? [titles] : []) + rowLines
    }

    /// A line for each row.
    var rowLines: [String] { table.rows.map(line) }

    private func line(_ cells: [Cell]) -> String {
        var line = ""
        var pending = 0
        for (column, cell) in cells.enumerated() {
            let text = text(of: cell, column)
            let padding = max(0, widths[column] - TextWidth.of(text))
            let left = table.columns[column].isNumber ? padding : 0
            // Spaces are written once something follows them: lines end without any.
            if !text.isEmpty {
                line += String(repeating: " ", count: pending + left) + style.paint(text, cell.tone)
                pending = 0
            } else {
                pending += left
            }
            pending += padding - left + Self.gap.count
        }
        return line
    }

    private func text(of cell: Cell, _ column: Int) -> String {
        guard let fraction = cell.bar else {
            return TextWidth.cut(cell.text, to: widths[column], ellipsis: style.ellipsis)
        }
        let padding = String(repeating: " ", count: barLabelWidths[column] - TextWidth.of(cell.text))
        return style.bar(fraction, columns: Self.barColumns) + " " + padding + cell.text
    }
}
