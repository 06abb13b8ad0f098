import FleetModel

/// A part of a mail, as what it is and not as how it looks.
enum MailSection {
    case title(String, isGood: Bool)
    case heading(String)
    case paragraph(String)
    case facts([(String, String)])
    case lines([String])
    case brokers([BrokerChange])
    case steps([StageTable.Row])
}

/// The two forms of a mail. The text is made for a fixed width, as terminals and old mail programs have it.
enum MailText {
    private static let barWidth = 20

    // MARK: Text

    static func text(_ sections: [MailSection]) -> String {
        sections.map { section in
            switch section {
            case .title(let text, _): oneLine(text) + "\n"
            case .heading(let text):
                "\n\(oneLine(text))\n\(String(repeating: "-", count: min(oneLine(text).count, 72)))\n"
            case .paragraph(let text): "\n\(oneLine(text))\n"
            case .facts(let facts):
                "\n" + facts.map { "\(padded($0.0, 10)) \(oneLine($0.1))\n" }.joined()
            case .lines(let lines): lines.map { "\(oneLine($0))\n" }.joined()
            case .brokers(let changes): brokers(changes)
            case .steps(let rows):
                rows.map { "\(padded($0.took?.span ?? "-", 8)) \(padded($0.state, 13)) \(oneLine($0.title))\n" }
                    .joined()
            }
        }.joined()
    }

    private static func brokers(_ changes: [BrokerChange]) -> String {
        var text = "\(padded("broker", 8)) \(padded("partitions", 16)) \(padded("leaders", 16)) bytes\n"
        let most = most(changes)
        for change in changes {
            func pair(_ path: (BrokerShare) -> Int) -> String {
                "\(change.before.map { "\(path($0))" } ?? "-") -> \(change.after.map { "\(path($0))" } ?? "-")"
            }
            text += "\(padded("\(change.broker)", 8)) \(padded(pair(\.partitions), 16)) \(padded(pair(\.leaders), 16)) "
            text += "\(bytes(change.before)) -> \(bytes(change.after))\n"
            text += "         before \(bar(change.before, most))\n          after \(bar(change.after, most))\n"
        }
        return text
    }

    private static func bar(_ share: BrokerShare?, _ most: Int64) -> String {
        let filled = share.map { width($0, most) * barWidth / 1000 } ?? 0
        return String(repeating: "#", count: filled) + String(repeating: ".", count: barWidth - filled)
    }

    // MARK: HTML

    static func html(_ sections: [MailSection]) -> String {
        let body = sections.map { section in
            switch section {
            case .title(let text, let isGood):
                "<h2 style=\"color:\(isGood ? "#1a7f37" : "#b35900")\">\(escaped(text))</h2>\n"
            case .heading(let text): "<h3>\(escaped(text))</h3>\n"
            case .paragraph(let text): "<p>\(escaped(text))</p>\n"
            case .facts(let facts):
                table(facts.map { ["<b>\(escaped($0.0))</b>", escaped($0.1)] })
            case .lines(let lines):
                "<pre style=\"font-size:12px\">\(lines.map { escaped($0) + "\n" }.joined())</pre>\n"
            case .brokers(let changes): pictures(changes)
            case .steps(let rows):
                table(rows.map { [escaped($0.took?.span ?? "–"), escaped($0.state), escaped($0.title)] })
            }
        }.joined()
        return "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head>"
            + "<body style=\"font-family:sans-serif\">\n\(body)</body></html>\n"
    }

    private static func pictures(_ changes: [BrokerChange]) -> String {
        let most = most(changes)
        func cell(_ share: BrokerShare?) -> String {
            guard let share else { return "–" }
            let width = width(share, most) / 10
            return
                "<div style=\"width:160px;background:#eee\"><div style=\"width:\(width)%;background:#4a90d9;height:10px\">"
                + "</div></div>\(bytes(share)), \(counted(share.partitions, "partition")), \(counted(share.leaders, "leader"))"
        }
        return table(
            [["<b>broker</b>", "<b>before</b>", "<b>after</b>"]]
                + changes.map { ["\($0.broker)", cell($0.before), cell($0.after)] })
    }

    private static func table(_ rows: [[String]]) -> String {
        let body = rows.map { row in
            "<tr>" + row.map { "<td style=\"padding:2px 12px 2px 0;vertical-align:top\">\($0)</td>" }.joined()
                + "</tr>\n"
        }.joined()
        return "<table>\n\(body)</table>\n"
    }

    static func escaped(_ text: String) -> String {
        var result = ""
        for character in oneLine(text) {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
        return result
    }

    // MARK: Both

    /// Whatever a name, a reason or a log line holds, it adds no line that looks like gantry's own.
    private static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isSeparator) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isSeparator($0) ? " " : $0 }))
    }

    private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func bytes(_ share: BrokerShare?) -> String {
        guard let share else { return "-" }
        return share.bytes.map { "\($0)" } ?? "unknown"
    }

    /// What the longest bar stands for: bytes where they are known, else partitions.
    private static func most(_ changes: [BrokerChange]) -> Int64 {
        changes.flatMap { [$0.before, $0.after] }.compactMap { $0.map(measure) }.max() ?? 0
    }

    private static func measure(_ share: BrokerShare) -> Int64 { share.bytes?.bytes ?? Int64(share.partitions) }

    /// In thousandths of the longest.
    private static func width(_ share: BrokerShare, _ most: Int64) -> Int {
        most > 0 ? Int(Double(measure(share)) / Double(most) * 1000) : 0
    }
}
