import FleetModel
import Testing

@testable import Commands

struct SampleReport: Report {
    var json: JSONValue { ["brokers": [["id": 1]]] }
    var document: Document {
        Document([
            .heading("cluster orders"),
            .pairs([
                Pair("version", "version", "4.3.1"), Pair("took_ms", "took", Cell("212 ms", exact: "212")),
                Pair("controller", "controller", .none),
            ]),
            .table(
                Table(
                    "broker",
                    [
                        .init("id", "ID", isNumber: true), .init("host", "HOST", canShrink: true),
                        .init("state", "STATE"), .init("log_bytes", "SIZE", isNumber: true),
                        .init("disk_used_bytes", "DISK"), .init("note", "NOTE", canShrink: true),
                    ],
                    [
                        [
                            Cell(1), "10.0.0.11", Cell("running", .good), Cell(ByteCount(1_610_612_736)),
                            .share(5, of: 8), "",
                        ],
                        [
                            Cell(12), "東京.example", Cell("stopped", .bad), Cell(ByteCount(0)),
                            .share(100, of: 100, .bad),
                            "a\tnote with \u{1b}[31mcolours\nand lines, long enough to be cut",
                        ],
                        [Cell(3), "é", Cell("unknown", .unknown), .none],
                    ])),
            .findings([
                FindingRow(
                    Cell("critical", .bad), rule: "broker-container-dead", subject: "broker 12",
                    evidence: "the container exited with code 137, and its last line says \"out of memory\"",
                    remedy: "gantry bootstrap")
            ]),
            .outcomes([
                OutcomeRow("10.0.0.11", .done), OutcomeRow("10.0.0.12", .unchanged, "nothing to do"),
                OutcomeRow("10.0.0.13", .failed, "broker 5: exit 1", evidence: ["java.lang.Error", "  at x"]),
                OutcomeRow("10.0.0.14", .unreachable), OutcomeRow("10.0.0.15", .notAttempted),
            ]),
            .text(Cell("done", .good)), .lines(["one", "two\u{7}"]),
        ])
    }
}

@Suite struct RenderingTests {
    @Test func `a document for people has aligned columns`() throws {
        try expectSnapshot(SampleReport().document.text(Style()), "rendering/wide.txt")
    }

    @Test func `a narrow terminal gets every line cut or wrapped to its width`() throws {
        let text = SampleReport().document.text(Style(columns: 60))
        try expectSnapshot(text, "rendering/narrow.txt")
        #expect(text.split(separator: "\n").allSatisfy { TextWidth.of(String($0)) <= 60 })
    }

    @Test func `without Unicode nothing but ASCII is drawn`() throws {
        var document = SampleReport().document
        document.blocks.removeAll { if case .table(let table) = $0 { table.rows[1][1].text != "x" } else { false } }
        document.blocks.append(
            .table(Table("n", [.init("a", "A", canShrink: true)], [[.share(1, of: 3)], ["long long"]])))
        let text = document.text(Style(hasUnicode: false, columns: 8))
        #expect(text.utf8.allSatisfy { $0 < 0x80 })
        #expect(text.contains("###....... 33%"))
    }

    @Test func `colours mean something and take no room`() throws {
        let text = SampleReport().document.text(Style(hasColor: true))
        try expectSnapshot(text.replacing("\u{1b}", with: "ESC"), "rendering/colour.txt")
    }

    @Test func `the plain form is one line a fact with exact values`() throws {
        try expectSnapshot(SampleReport().plain.joined(separator: "\n"), "rendering/plain.txt")
    }

    @Test func `no text from outside reaches a terminal raw`() {
        let evil = "\u{1b}]0;x\u{7}\u{9b}2J\r\n\u{202e}"
        var document = Document()
        document.blocks = [
            .heading(evil), .text(Cell(evil)), .pairs([Pair("a", "a", Cell(evil))]), .lines([evil]),
            .table(Table("t", [.init("a", "A")], [[Cell(evil)]])),
            .findings([FindingRow(Cell("bad"), rule: "r", subject: evil, evidence: evil, remedy: evil)]),
            .outcomes([OutcomeRow(evil, .failed, evil, evidence: [evil])]),
        ]
        let error = CommandError(
            "c", evil, object: evil, reason: evil, next: evil, evidence: [evil],
            details: [
                CommandError("d", evil)
            ])
        for text in [document.text(Style()), document.plainLines.joined(separator: "\n"), error.text(Style())] {
            #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || (0x7f...0x9f).contains($0.value) })
            #expect(!text.unicodeScalars.contains("\u{202e}"))
        }
        #expect(!error.json.text().unicodeScalars.contains { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) })
    }

    @Test(arguments: [
        ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("😀", 2), ("👨‍👩‍👧", 2), ("☃️", 2), ("한국", 4), ("ｱ", 1),
    ])
    func `a character takes its columns`(text: String, columns: Int) {
        #expect(TextWidth.of(text) == columns)
    }

    @Test func `cutting keeps to the width`() {
        for columns in 0...8 {
            for text in ["日本語の文", "abcdefgh", "a日b本c", ""] {
                #expect(TextWidth.of(TextWidth.cut(text, to: columns, ellipsis: "…")) <= columns)
            }
        }
        #expect(TextWidth.cut("abcdefgh", to: 5, ellipsis: "…") == "abcd…")
        #expect(TextWidth.cut("abcde", to: 5, ellipsis: "…") == "abcde")
    }

    @Test func `wrapping loses no word`() {
        let text = "one two  three fourteenletters five"
        for columns in 1...40 {
            let lines = TextWidth.wrap(text, to: columns)
            #expect(lines.joined(separator: " ").split(separator: " ") == text.split(separator: " "))
            #expect(lines.allSatisfy { TextWidth.of($0) <= columns || !$0.contains(" ") })
        }
    }

    @Test(arguments: [-1.0, 0, 0.06, 0.5, 0.999, 1, 7, .nan, .infinity])
    func `a bar has its width whatever the number`(fraction: Double) {
        for style in [Style(), Style(hasUnicode: false)] {
            #expect(TextWidth.of(style.bar(fraction, columns: 10)) == 10)
        }
    }

    @Test func `a share of nothing and of absurd numbers is no trap`() {
        #expect(Cell.share(1, of: 0).text == "")
        #expect(Cell.share(.max, of: 1).text == "999%")
        #expect(Cell.share(.min, of: 1).text == "0%")
        #expect(Cell.share(1, of: 3).text == "33%")
    }
}
