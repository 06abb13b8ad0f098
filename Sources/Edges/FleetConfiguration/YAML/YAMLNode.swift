/// Where something stands in a text: both numbers from 1, columns in characters.
public struct SourceMark: Hashable, Comparable, Sendable {
    /// The line.
    public let line: Int
    /// The character in it.
    public let column: Int

    /// Line `line`, character `column`.
    public init(line: Int, column: Int) { (self.line, self.column) = (line, column) }

    /// Orders as one reads.
    public static func < (a: SourceMark, b: SourceMark) -> Bool { (a.line, a.column) < (b.line, b.column) }
}

/// A node of a YAML document: aliases and merge keys resolved, comments gone.
struct YAMLNode: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        /// `plain`: written without quotes, so that YAML's own types (numbers, booleans, null) apply.
        case scalar(String, plain: Bool)
        case sequence([YAMLNode])
        case mapping([YAMLEntry])
    }

    var content: Content
    /// An explicit tag such as `!!str` in its long form; nil where the document gives none.
    var tag: String?
    var mark: SourceMark

    init(_ content: Content, tag: String? = nil, mark: SourceMark = SourceMark(line: 0, column: 0)) {
        self.content = content
        self.tag = tag
        self.mark = mark
    }
}

/// One key of a mapping with its value.
struct YAMLEntry: Hashable, Sendable {
    var key: YAMLNode
    var value: YAMLNode
}

extension YAMLNode {
    /// The text of a scalar, whatever its type; nil for anything else.
    var text: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }

    var entries: [YAMLEntry]? {
        if case .mapping(let entries) = content { entries } else { nil }
    }

    var items: [YAMLNode]? {
        if case .sequence(let items) = content { items } else { nil }
    }

    /// A key without a value, or `null` in one of YAML's spellings.
    var isNull: Bool {
        guard case .scalar(let text, plain: true) = content, tag == nil else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// The value of `key` in a mapping.
    subscript(key: String) -> YAMLNode? { entries?.first { $0.key.text == key }?.value }

    /// What it is, in the words of an error message.
    var kind: String {
        switch content {
        case .scalar: isNull ? "nothing" : "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}
