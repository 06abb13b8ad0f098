import FleetModel

/// Reads a JSON text piece by piece (RFC 8259, as strictly as `JSONValue(parsing:)`), without a tree of it: a snapshot of
/// 200,000 partitions is 40 MB of text, and would be ten times that as values.
struct JSONReader {
    /// Arrays and objects inside each other; the formats read here need six.
    private static let mostLevels = 64
    /// Bytes of a text, as in `JSONLimits`.
    private static let mostBytes = 1 << 30
    /// Names of one object that are compared one by one; beyond, a set does it.
    private static let few = 16

    private let bytes: [UInt8]
    private var index: Int
    private var depth = 0
    /// The member whose value is read, for error messages.
    private var key: String?

    /// Begins at `offset`.
    /// - Throws: a refusal for a text that is too large.
    init(_ bytes: [UInt8], from offset: Int = 0) throws(PlanningRefusal) {
        (self.bytes, index) = (bytes, offset)
        guard bytes.count <= Self.mostBytes else { throw failure("the file is larger than 1 GiB") }
    }

    /// A refusal at the present place.
    func failure(_ message: String, at offset: Int? = nil, remedy: String = "correct the file") -> PlanningRefusal {
        let place = JSONError.Position(offset: offset ?? index, in: bytes)
        return PlanningRefusal(
            code: "format",
            "line \(place.line), column \(place.column)\(key.map { ", at '\($0)'" } ?? ""): \(message)",
            remedy: remedy)
    }

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while index < bytes.count {
            let byte = bytes[index]
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return }
            index += 1
        }
    }

    /// Nothing may follow the value.
    mutating func end() throws(PlanningRefusal) {
        skipSpace()
        if index < bytes.count { throw failure("something stands after the end of the document") }
    }

    /// Calls `member` with the name of each member; it must read or skip the value.
    mutating func object(
        _ member: (inout JSONReader, String) throws(PlanningRefusal) -> Void
    ) throws(PlanningRefusal) {
        try open(UInt8(ascii: "{"), "an object")
        var names: [String] = []
        var many: Set<String> = []
        if try close(UInt8(ascii: "}"), first: true) { return }
        repeat {
            skipSpace()
            let start = index
            let name = try string()
            let isNew: Bool
            if names.count < Self.few {
                isNew = !names.contains(name)
                names.append(name)
            } else {
                if many.isEmpty { many = Set(names) }
                isNew = many.insert(name).inserted
            }
            guard isNew else { throw failure("'\(name)' occurs twice", at: start) }
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw failure("a ':' is missing after '\(name)'") }
            index += 1
            let outer = key
            key = name
            try member(&self, name)
            key = outer
        } while try !close(UInt8(ascii: "}"), first: false)
    }

    /// Calls `element` for each element; it must read or skip it.
    mutating func array(_ element: (inout JSONReader) throws(PlanningRefusal) -> Void) throws(PlanningRefusal) {
        try open(UInt8(ascii: "["), "an array")
        if try close(UInt8(ascii: "]"), first: true) { return }
        repeat { try element(&self) } while try !close(UInt8(ascii: "]"), first: false)
    }

    private mutating func open(_ byte: UInt8, _ kind: String) throws(PlanningRefusal) {
        skipSpace()
        guard next == byte else { throw failure("\(kind) is expected") }
        index += 1
        depth += 1
        guard depth <= Self.mostLevels else { throw failure("more than \(Self.mostLevels) levels deep") }
    }

    private mutating func close(_ byte: UInt8, first: Bool) throws(PlanningRefusal) -> Bool {
        skipSpace()
        if next == byte {
            index += 1
            depth -= 1
            return true
        }
        if first { return false }
        guard next == UInt8(ascii: ",") else {
            throw failure("a comma or '\(Character(Unicode.Scalar(byte)))' is missing")
        }
        index += 1
        return false
    }

    /// Steps over `null`, if that is what comes.
    mutating func null() throws(PlanningRefusal) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: "n") else { return false }
        try word("null")
        return true
    }

    mutating func bool() throws(PlanningRefusal) -> Bool {
        skipSpace()
        let isTrue = next == UInt8(ascii: "t")
        try word(isTrue ? "true" : "false")
        return isTrue
    }

    private mutating func word(_ word: String) throws(PlanningRefusal) {
        guard bytes[index...].starts(with: word.utf8) else { throw failure("\(word) is expected") }
        index += word.utf8.count
    }

    /// A whole number of 64 bits.
    mutating func integer() throws(PlanningRefusal) -> Int64 {
        let start = index
        let (whole, thousandths) = try decimal()
        guard thousandths == 0 else { throw failure("a whole number is expected", at: start) }
        return whole
    }

    /// A number as a whole part and thousandths of the same sign; finer digits are dropped.
    mutating func decimal() throws(PlanningRefusal) -> (whole: Int64, thousandths: Int64) {
        skipSpace()
        let start = index
        let negative = next == UInt8(ascii: "-")
        if negative { index += 1 }
        var whole: Int64 = 0
        let digits = index
        while let byte = next, (0x30...0x39).contains(byte) {
            let (scaled, overflow) = whole.multipliedReportingOverflow(by: 10)
            let (sum, more) = scaled.subtractingReportingOverflow(Int64(byte - 0x30))
            if overflow || more { throw failure("a number is out of range", at: start) }
            whole = sum
            index += 1
        }
        if index == digits { throw failure("a number is expected", at: start) }
        if index - digits > 1, bytes[digits] == 0x30 { throw failure("a number begins with 0", at: start) }
        if !negative, whole == .min { throw failure("a number is out of range", at: start) }
        if next == UInt8(ascii: ".") || next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            return try fraction(from: start)
        }
        // Collected as negative, whose range is the larger one.
        return (negative ? whole : -whole, 0)
    }

    private mutating func fraction(from start: Int) throws(PlanningRefusal) -> (whole: Int64, thousandths: Int64) {
        if next == UInt8(ascii: ".") {
            index += 1
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            index += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { index += 1 }
            try digits()
        }
        guard let value = Double(String(decoding: bytes[start..<index], as: UTF8.self)), value > -0x1p62, value < 0x1p62
        else { throw failure("a number is out of range", at: start) }
        let whole = Int64(value)
        let rest = (value - Double(whole)) * 1000
        return (whole, Int64(rest < 0 ? rest - 0.5 : rest + 0.5))
    }

    private mutating func digits() throws(PlanningRefusal) {
        let start = index
        while let byte = next, (0x30...0x39).contains(byte) { index += 1 }
        if index == start { throw failure("a digit is missing") }
    }

    /// A string; escapes are resolved.
    mutating func string() throws(PlanningRefusal) -> String {
        skipSpace()
        guard next == UInt8(ascii: "\"") else { throw failure("a string is expected") }
        let open = index
        index += 1
        let start = index
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { index += 1 }
        guard next == UInt8(ascii: "\"") else { return try escaped(from: open) }
        guard let text = String(validating: bytes[start..<index], as: UTF8.self) else {
            throw failure("a string is not UTF-8", at: open)
        }
        index += 1
        return text
    }

    /// A string with escapes goes through the tree parser: it is rare here, and its rules are written once.
    private mutating func escaped(from open: Int) throws(PlanningRefusal) -> String {
        while let byte = next, byte != UInt8(ascii: "\"") {
            if byte < 0x20 { throw failure("a control character in a string is not escaped") }
            index += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        guard next == UInt8(ascii: "\"") else { throw failure("a string has no end", at: open) }
        index += 1
        do {
            guard let text = try JSONValue(parsing: Array(bytes[open..<index])).string else {
                throw failure("a string is expected", at: open)
            }
            return text
        } catch let error as PlanningRefusal {
            throw error
        } catch {
            throw failure("a string has a wrong escape", at: open)
        }
    }

    /// Steps over any value.
    mutating func skip() throws(PlanningRefusal) {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): try object { (reader, _) throws(PlanningRefusal) in try reader.skip() }
        case UInt8(ascii: "["): try array { (reader) throws(PlanningRefusal) in try reader.skip() }
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try bool()
        case UInt8(ascii: "n"): _ = try null()
        default: try number()
        }
    }

    private mutating func number() throws(PlanningRefusal) {
        let start = index
        if next == UInt8(ascii: "-") { index += 1 }
        try digits()
        index = start
        var end = start
        while end < bytes.count, "+-.eE0123456789".utf8.contains(bytes[end]) { end += 1 }
        guard (try? JSONValue(parsing: Array(bytes[start..<end]))) != nil else {
            throw failure("a number is malformed")
        }
        index = end
    }

    /// A list of whole numbers of 32 bits.
    mutating func ids(into list: inout [Int32]) throws(PlanningRefusal) {
        list.removeAll(keepingCapacity: true)
        try open(UInt8(ascii: "["), "an array")
        if try close(UInt8(ascii: "]"), first: true) { return }
        repeat {
            let value = try integer()
            guard let id = Int32(exactly: value) else { throw failure("\(value) is no broker id") }
            guard list.count <= PlacementInput.maximumReplicas else { throw failure("the list is too long") }
            list.append(id)
        } while try !close(UInt8(ascii: "]"), first: false)
    }
}
