import FleetModel

/// The result of a command, shown in three ways. The payload behind it is one thing, how it is displayed another:
/// `json` and `document` are made from the payload, and neither from the other.
protocol Report: Sendable {
    /// The one document of `--format json`: `snake_case`, bytes, RFC 3339, `_ms`.
    var json: JSONValue { get }
    /// What people see.
    var document: Document { get }
    /// One greppable line a fact; made from `document` unless the command has a form of its own.
    var plain: [String] { get }
}

extension Report {
    var plain: [String] { document.plainLines }
}

/// What people see, in blocks with an empty line between them.
struct Document: Hashable, Sendable {
    var blocks: [Block]

    init(_ blocks: [Block] = []) { self.blocks = blocks }

    enum Block: Hashable, Sendable {
        /// A line alone, in bold; not a fact, so absent from the plain form.
        case heading(String)
        /// A sentence.
        case text(Cell)
        /// Names and values below each other.
        case pairs([Pair])
        /// Rows of columns.
        case table(Table)
        /// What is wrong, and what to do.
        case findings([FindingRow])
        /// How it ended for each host or broker.
        case outcomes([OutcomeRow])
        /// What failed, on what, why, and what to do next.
        case failures([CommandError])
        /// Text as it is, for example a log; each line is one.
        case lines([String])
    }
}

/// One value of a document.
struct Cell: Hashable, Sendable, ExpressibleByStringLiteral {
    /// What is shown.
    var text: String
    var tone: Tone
    /// A bar before the text, full at 1.
    var bar: Double?
    /// What the plain form has instead of `text`: bytes instead of "1.5 GiB".
    var exact: String?

    init(_ text: String, _ tone: Tone = .plain, exact: String? = nil, bar: Double? = nil) {
        self.text = text
        self.tone = tone
        self.exact = exact
        self.bar = bar
    }
    init(stringLiteral value: String) { self.init(value) }
    init(_ number: some BinaryInteger, _ tone: Tone = .plain) { self.init(String(number), tone) }
    /// A size: rounded for people, in bytes in the plain form.
    init(_ size: ByteCount, _ tone: Tone = .plain) { self.init(size.description, tone, exact: String(size.bytes)) }

    /// How much of a whole: a bar and a percentage. Empty where the whole is nothing.
    static func share(_ part: Int64, of whole: Int64, _ tone: Tone = .plain) -> Cell {
        guard whole > 0 else { return Cell("", tone, exact: "") }
        let fraction = Double(part) / Double(whole)
        let percent = Int((fraction * 100).clamped(to: 0...999) + 0.5)
        return Cell("\(percent)%", tone, exact: String(part), bar: fraction)
    }

    /// Where nothing is known or nothing is meant.
    static let none = Cell("-", .faint, exact: "")
}

/// A name and its value.
struct Pair: Hashable, Sendable {
    /// In the plain form, `snake_case`.
    var key: String
    /// For people.
    var label: String
    var value: Cell

    init(_ key: String, _ label: String, _ value: Cell) {
        self.key = key
        self.label = label
        self.value = value
    }
}

/// Rows of columns.
struct Table: Hashable, Sendable {
    struct Column: Hashable, Sendable {
        /// In the plain form, `snake_case`.
        var key: String
        var title: String
        /// Numbers stand to the right.
        var isNumber: Bool
        /// May be cut where the terminal is narrow.
        var canShrink: Bool

        init(_ key: String, _ title: String, isNumber: Bool = false, canShrink: Bool = false) {
            self.key = key
            self.title = title
            self.isNumber = isNumber
            self.canShrink = canShrink
        }
    }

    /// What a row is, first word of its plain line: `broker`.
    var noun: String
    var columns: [Column]
    /// Each as long as `columns`; a shorter one is filled up.
    var rows: [[Cell]]

    init(_ noun: String, _ columns: [Column], _ rows: [[Cell]]) {
        self.noun = noun
        self.columns = columns
        self.rows = rows
    }
}

/// What is wrong, and what to do.
struct FindingRow: Hashable, Sendable {
    /// `critical`, `fail`, `waived`: with its tone.
    var severity: Cell
    /// The rule's or clause's id.
    var rule: String
    /// What it is about: `broker 5`.
    var subject: String
    var evidence: String
    var remedy: String

    init(_ severity: Cell, rule: String, subject: String, evidence: String, remedy: String) {
        self.severity = severity
        self.rule = rule
        self.subject = subject
        self.evidence = evidence
        self.remedy = remedy
    }
}

/// How a command ended for one host or broker. Every one that the command was about has a row.
struct OutcomeRow: Hashable, Sendable {
    enum Outcome: String, Hashable, Sendable, CaseIterable {
        case done, unchanged, failed, unreachable
        case notAttempted = "not attempted"

        var tone: Tone {
            switch self {
            case .done: .good
            case .unchanged: .faint
            case .failed, .unreachable: .bad
            case .notAttempted: .unknown
            }
        }
    }

    /// `10.0.0.11`, `broker 5`.
    var subject: String
    var outcome: Outcome
    /// One line.
    var detail: String
    /// Lines that prove it: exit code, OOM flag, last log lines.
    var evidence: [String]

    init(_ subject: String, _ outcome: Outcome, _ detail: String = "", evidence: [String] = []) {
        self.subject = subject
        self.outcome = outcome
        self.detail = detail
        self.evidence = evidence
    }

    /// `{"subject", "result", "detail", "evidence"}`.
    var json: JSONValue {
        let result = outcome.rawValue.split(separator: " ").joined(separator: "_")
        return [
            "subject": .string(subject), "result": .string(result), "detail": .string(detail),
            "evidence": .array(evidence.map(JSONValue.string)),
        ]
    }
}

extension Comparable {
    func clamped(to range: ClosedRange<Self>) -> Self { min(max(self, range.lowerBound), range.upperBound) }
}
