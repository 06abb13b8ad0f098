/// Why a text is no acceptable JSON document, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of refusal, for callers that answer them differently.
    public enum Code: Hashable, Sendable {
        /// Not a text of RFC 8259.
        case malformed
        /// Well formed, but larger, deeper or fuller than the limits.
        case limit
        /// Well formed, but not the shape that was asked for.
        case shape
    }

    /// What kind of refusal.
    public var code: Code
    /// What is wrong: "a comma or ']' is missing".
    public var message: String
    /// Where in the text, from 1, in lines and bytes; nil where only the path is known.
    public var position: Position?
    /// Where in the document: `brokers[3].id`; empty for the document itself or where it isn't known.
    public var path: String

    /// A place in a text.
    public struct Position: Hashable, Sendable {
        /// From 1.
        public var line: Int
        /// From 1, in bytes.
        public var column: Int
        /// From 0, in bytes.
        public var offset: Int

        /// The place of the byte at `offset` (held inside the text).
        public init(offset: Int, in bytes: [UInt8]) {
            self.offset = min(max(0, offset), bytes.count)
            let before = bytes[..<self.offset]
            line = 1 + before.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
            column = 1 + self.offset - ((before.lastIndex(of: UInt8(ascii: "\n"))).map { $0 + 1 } ?? 0)
        }
    }

    /// A refusal.
    public init(_ code: Code, _ message: String, position: Position? = nil, path: String = "") {
        self.code = code
        self.message = message
        self.position = position
        self.path = path
    }

    /// "line 3, column 7: a comma or ']' is missing" or "brokers[3].id: a number is wanted, not a string".
    public var description: String {
        if let position { return "line \(position.line), column \(position.column): \(message)" }
        return path.isEmpty ? message : "\(path): \(message)"
    }
}
