/// How large a document may be; each bound protects the memory of the techhost against a foreign or broken file.
public struct JSONLimits: Hashable, Sendable {
    /// Bytes of the text. A snapshot of 200,000 partitions has about 40 MB.
    public var bytes: Int
    /// Arrays and objects inside each other. Gantry's own documents need less than ten.
    public var depth: Int
    /// Values and names together: `[0,0,0…]` needs sixteen times its text in memory.
    public var values: Int

    /// These bounds; the defaults fit the largest snapshot that Gantry must carry, several times over.
    public init(bytes: Int = 256 << 20, depth: Int = 64, values: Int = 16 << 20) {
        (self.bytes, self.depth, self.values) = (bytes, depth, values)
    }
}

extension JSONValue {
    /// Parses a text strictly by RFC 8259: UTF-8 without a mark, no comments, no trailing commas, no leading zeros, no
    /// unpaired surrogates, nothing after the value; a name twice in one object is refused as well (section 4 leaves it
    /// open; a digest must not).
    ///
    /// A number without fraction and exponent that fits 64 bits is `.integer`, any other `.number`; one beyond
    /// Double's range is refused. No input traps.
    /// - Throws: `JSONError` of the first mistake, with its place.
    public init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
        guard bytes.count <= limits.bytes else {
            throw JSONError(.limit, "the document has \(bytes.count) bytes, more than the \(limits.bytes) accepted")
        }
        var parser = JSONParser(bytes: bytes, limits: limits)
        do {
            self = try parser.document()
        } catch {
            throw JSONError(error.code, error.message, position: .init(offset: error.offset, in: bytes))
        }
    }

    /// Parses a text: see `init(parsing: [UInt8])`.
    /// - Throws: `JSONError` of the first mistake, with its place.
    public init(parsing text: some StringProtocol, limits: JSONLimits = JSONLimits()) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }
}

/// A mistake at an offset; its line and column are counted once, at the end.
private struct Mistake: Error {
    var code: JSONError.Code = .malformed
    var message: String
    var offset: Int
}

/// Recursive descent over the bytes. Recursion is bounded by `limits.depth`.
private struct JSONParser {
    let bytes: [UInt8]
    let limits: JSONLimits
    var index = 0
    var depth = 0
    var values = 0

    init(bytes: [UInt8], limits: JSONLimits) { (self.bytes, self.limits) = (bytes, limits) }

    var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    func mistake(_ message: String, at offset: Int) -> Mistake { Mistake(message: message, offset: offset) }

    func mistake(_ message: String) -> Mistake {
        mistake(index >= bytes.count ? "the text ends too early: \(message)" : message, at: index)
    }

    mutating func document() throws(Mistake) -> JSONValue {
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { throw mistake("a byte order mark stands before the document") }
        let value = try value()
        skipSpace()
        guard index == bytes.count else { throw mistake("something stands after the end of the document") }
        return value
    }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { index += 1 }
    }

    mutating func count() throws(Mistake) {
        values += 1
        guard values <= limits.values else {
            throw Mistake(code: .limit, message: "more than \(limits.values) values", offset: index)
        }
    }

    mutating func value() throws(Mistake) -> JSONValue {
        skipSpace()
        try count()
        switch next {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case .some(let byte) where byte == UInt8(ascii: "-") || byte.isDigit: return try number()
        default: throw mistake("a value is missing")
        }
    }

    mutating func word(_ word: String, _ value: JSONValue) throws(Mistake) -> JSONValue {
        guard bytes[index...].starts(with: word.utf8) else { throw mistake("a value is missing") }
        index += word.utf8.count
        return value
    }

    mutating func enter() throws(Mistake) {
        depth += 1
        guard depth <= limits.depth else {
            throw Mistake(code: .limit, message: "more than \(limits.depth) levels deep", offset: index)
        }
        index += 1
        skipSpace()
    }

    /// Steps over `close` (true: the sequence ends) or over a comma.
    mutating func ends(with close: UInt8, name: String) throws(Mistake) -> Bool {
        skipSpace()
        if next == close {
            depth -= 1
            index += 1
            return true
        }
        guard next == UInt8(ascii: ",") else { throw mistake("a comma or '\(name)' is missing") }
        index += 1
        return false
    }

    mutating func array() throws(Mistake) -> [JSONValue] {
        try enter()
        var elements: [JSONValue] = []
        if next == UInt8(ascii: "]") {
            depth -= 1
            index += 1
            return elements
        }
        repeat { elements.append(try value()) } while try !ends(with: UInt8(ascii: "]"), name: "]")
        return elements
    }

    mutating func object() throws(Mistake) -> JSONObject {
        try enter()
        var names = Names()
        var members: [JSONObject.Member] = []
        if next == UInt8(ascii: "}") {
            depth -= 1
            index += 1
            return JSONObject()
        }
        repeat {
            skipSpace()
            let start = index
            guard next == UInt8(ascii: "\"") else { throw mistake("a name in quotes is missing") }
            try count()
            let name = try string()
            guard names.insert(name, among: members) else { throw mistake("'\(name)' occurs twice", at: start) }
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw mistake("a ':' is missing after '\(name)'") }
            index += 1
            members.append(JSONObject.Member(name, try value()))
        } while try !ends(with: UInt8(ascii: "}"), name: "}")
        return JSONObject(distinct: members)
    }

    mutating func number() throws(Mistake) -> JSONValue {
        let start = index
        if next == UInt8(ascii: "-") { index += 1 }
        if next == UInt8(ascii: "0") {
            index += 1
            if next?.isDigit == true { throw mistake("a number begins with 0", at: start) }
        } else {
            try digits()
        }
        var whole = true
        if next == UInt8(ascii: ".") {
            whole = false
            index += 1
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            whole = false
            index += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { index += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if whole, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw mistake("a number is out of range", at: start) }
        return .number(value)
    }

    mutating func digits() throws(Mistake) {
        let start = index
        while next?.isDigit == true { index += 1 }
        if index == start { throw mistake("a digit is missing") }
    }

    mutating func string() throws(Mistake) -> String {
        let open = index
        index += 1
        let start = index
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { index += 1 }
        if next == UInt8(ascii: "\"") {
            defer { index += 1 }
            return try text(bytes[start..<index], from: open)
        }
        var unescaped = Array(bytes[start..<index])
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return try text(unescaped[...], from: open)
            case UInt8(ascii: "\\"):
                unescaped.append(contentsOf: try escape())
            case 0..<0x20:
                throw mistake("a control character in a string is not escaped")
            default:
                unescaped.append(byte)
                index += 1
            }
        }
        throw mistake("a string has no end", at: open)
    }

    func text(_ bytes: ArraySlice<UInt8>, from open: Int) throws(Mistake) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw mistake("a string is not UTF-8", at: open)
        }
        return text
    }

    mutating func escape() throws(Mistake) -> UTF8.EncodedScalar {
        let start = index
        index += 1
        guard let byte = next else { throw mistake("a string has no end") }
        index += 1
        let plain: Unicode.Scalar? =
            switch byte {
            case UInt8(ascii: "\""): "\""
            case UInt8(ascii: "\\"): "\\"
            case UInt8(ascii: "/"): "/"
            case UInt8(ascii: "b"): "\u{8}"
            case UInt8(ascii: "f"): "\u{c}"
            case UInt8(ascii: "n"): "\n"
            case UInt8(ascii: "r"): "\r"
            case UInt8(ascii: "t"): "\t"
            default: nil
            }
        if let plain { return UTF8.encode(plain) ?? UTF8.encodedReplacementCharacter }
        guard byte == UInt8(ascii: "u") else { throw mistake("an escape that JSON does not have", at: start) }
        var code = try hexadecimal(from: start)
        if (0xd800..<0xdc00).contains(code), bytes[index...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) {
            index += 2
            let low = try hexadecimal(from: start)
            guard (0xdc00..<0xe000).contains(low) else { throw mistake("a surrogate without its pair", at: start) }
            code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
        }
        guard let scalar = Unicode.Scalar(code), let encoded = UTF8.encode(scalar) else {
            throw mistake("a surrogate without its pair", at: start)
        }
        return encoded
    }

    mutating func hexadecimal(from start: Int) throws(Mistake) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch next {
            case .some(let byte) where byte.isDigit: digit = byte - UInt8(ascii: "0")
            case .some(let byte) where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20):
                digit = (byte | 0x20) - UInt8(ascii: "a") + 10
            default: throw mistake("'\\u' wants four hexadecimal digits", at: start)
            }
            code = code << 4 | UInt32(digit)
            index += 1
        }
        return code
    }
}

/// The names of one object: a search for the few of most objects, a set for the many of a hostile one.
private struct Names {
    private static let few = 16
    private var many: Set<String> = []

    mutating func insert(_ name: String, among members: [JSONObject.Member]) -> Bool {
        if members.count < Self.few { return !members.contains { $0.name == name } }
        if many.isEmpty { many = Set(members.map(\.name)) }
        return many.insert(name).inserted
    }
}
