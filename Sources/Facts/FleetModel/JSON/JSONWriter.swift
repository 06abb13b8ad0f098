extension JSONValue {
    /// How a document is laid out.
    public enum Layout: Hashable, Sendable {
        /// No spaces, one line: for machines, logs and digests.
        case compact
        /// Two spaces a level; arrays of plain values stay on one line.
        case indented
    }

    /// The value as an RFC 8259 text, without a newline at its end.
    ///
    /// The text is pure in the value: the same value always gives the same bytes. Control characters, C1 included,
    /// are escaped, so that a document shown on a terminal can't drive it. Infinity and NaN, which JSON lacks, become
    /// `null`.
    public func text(_ layout: Layout = .compact) -> String {
        String(decoding: bytes(layout), as: UTF8.self)
    }

    /// `text` as UTF-8.
    public func bytes(_ layout: Layout = .compact) -> [UInt8] {
        var writer = JSONWriter(layout: layout)
        writer.write(self, level: 0)
        return writer.output
    }
}

/// Appends values to a buffer. Recursion is as deep as the value: values are built by Gantry or by the parser, whose
/// depth is bounded.
private struct JSONWriter {
    let layout: JSONValue.Layout
    var output: [UInt8] = []

    init(layout: JSONValue.Layout) { self.layout = layout }

    mutating func write(_ value: JSONValue, level: Int) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .integer(let value): append(String(value))
        case .number(let value): append(value.isFinite ? value.description : "null")
        case .string(let value): string(value)
        case .array(let elements):
            let inline = layout == .compact || elements.allSatisfy(\.isPlain)
            sequence(elements, open: "[", close: "]", level: level, inline: inline) { writer, element in
                writer.write(element, level: level + 1)
            }
        case .object(let object):
            sequence(object.members, open: "{", close: "}", level: level, inline: layout == .compact) {
                writer, member in
                writer.string(member.name)
                writer.append(writer.layout == .compact ? ":" : ": ")
                writer.write(member.value, level: level + 1)
            }
        }
    }

    private mutating func sequence<Element>(
        _ elements: [Element], open: StaticString, close: StaticString, level: Int, inline: Bool,
        _ each: (inout JSONWriter, Element) -> Void
    ) {
        append(open)
        for (index, element) in elements.enumerated() {
            if index > 0 { append(inline && layout == .indented ? ", " : ",") }
            if !inline { newLine(level + 1) }
            each(&self, element)
        }
        if !inline, !elements.isEmpty { newLine(level) }
        append(close)
    }

    private mutating func newLine(_ level: Int) {
        output.append(UInt8(ascii: "\n"))
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * level))
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { output.append(contentsOf: $0) }
    }

    private mutating func append(_ text: String) { output.append(contentsOf: text.utf8) }

    private mutating func string(_ text: String) {
        output.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": append(#"\""#)
            case "\\": append(#"\\"#)
            case "\n": append(#"\n"#)
            case "\r": append(#"\r"#)
            case "\t": append(#"\t"#)
            case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{2028}", "\u{2029}": escape(scalar.value)
            default: output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    /// `\u00ff`: only for scalars of the basic plane.
    private mutating func escape(_ value: UInt32) {
        append(#"\u"#)
        for shift: UInt32 in [12, 8, 4, 0] {
            let digit = UInt8(truncatingIfNeeded: value >> shift & 0xf)
            output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}

extension JSONValue {
    fileprivate var isPlain: Bool {
        switch self {
        case .array(let elements): elements.isEmpty
        case .object(let object): object.members.isEmpty
        default: true
        }
    }
}
