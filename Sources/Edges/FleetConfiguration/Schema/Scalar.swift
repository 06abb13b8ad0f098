/// A kind of single value: how it is written and what it means.
struct Scalar<Value: Sendable>: Sendable {
    /// What a right one looks like, as the end of "… is not": "a rate such as 50MiB/s".
    var expected: String
    /// Reads the text.
    var read: @Sendable (String, SchemaContext) throws(WrongValue) -> Value

    init(_ expected: String, read: @escaping @Sendable (String, SchemaContext) throws(WrongValue) -> Value) {
        self.expected = expected
        self.read = read
    }

    /// A kind that needs no context.
    init(_ expected: String, _ read: @escaping @Sendable (String) throws(WrongValue) -> Value?) {
        self.init(expected) { text, _ throws(WrongValue) in
            guard let value = try read(text) else { throw WrongValue() }
            return value
        }
    }

    /// One of a few words.
    static func word(
        _ words: [(String, Value)]
    ) -> Scalar {
        let names = words.map(\.0)
        return Scalar(names.joined(separator: ", ").replacingLastComma()) { text throws(WrongValue) in
            if let match = words.first(where: { $0.0 == text }) { return match.1 }
            throw WrongValue(suggestion: Spelling.nearest(to: text, among: names))
        }
    }
}

/// Why a text is not of its kind. Both parts are optional: without a message it is just "not" what was expected.
struct WrongValue: Error {
    var message: String?
    var suggestion: String?

    init(_ message: String? = nil, suggestion: String? = nil) {
        self.message = message
        self.suggestion = suggestion
    }
}

/// What relative paths in the file start from.
struct SchemaContext: Sendable {
    /// The fleet directory, absolute.
    var directory: String
    /// The operator's home for `~/`; nil where it is not known.
    var home: String?
    /// The numbers of all clauses of `assumptions.txt`; nil where they are not known.
    var clauses: [String]?
}

extension String {
    /// "a, b, c" → "a, b or c".
    fileprivate func replacingLastComma() -> String {
        guard let comma = lastIndex(of: ",") else { return self }
        return self[..<comma] + " or" + self[index(after: comma)...]
    }
}
