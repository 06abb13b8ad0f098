import FleetModel
import Testing

@Suite struct JSONParserTests {
    static let allowed: [(String, JSONValue)] = [
        ("null", JSONValue.null), ("true", true), (" false ", false), ("0", 0), ("-0", 0), ("-12", -12),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1.5", 1.5), ("1e3", .number(1000)),
        ("1E-2", 0.01), ("-2.5e+1", -25.0), (#""""#, ""), (#""a\"\\\/\b\f\n\r\tz""#, "a\"\\/\u{8}\u{c}\n\r\tz"),
        (#""\u00e9\u20AC""#, "é€"), (#""\ud83d\ude00""#, "😀"), (#""\u0000""#, "\0"), ("[]", []), ("{}", [:]),
        (" [ 1 , [ ] , { } ] ", [1, [], [:]]), (#"{"b":1,"a":{"c":[null]}}"#, ["b": 1, "a": ["c": [nil]]]),
    ]

    @Test(arguments: allowed)
    func `what RFC 8259 allows is read`(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
    }

    static let forbidden: [(String, String)] = [
        ("", "line 1, column 1: the text ends too early: a value is missing"),
        ("{\"a\": 1,\n \"a\": 2}", "line 2, column 2: 'a' occurs twice"),
        ("[1,]", "line 1, column 4: a value is missing"),
        ("[1 2]", "line 1, column 4: a comma or ']' is missing"),
        ("[1", "line 1, column 3: the text ends too early: a comma or ']' is missing"),
        ("{\"a\" 1}", "line 1, column 6: a ':' is missing after 'a'"),
        ("{a: 1}", "line 1, column 2: a name in quotes is missing"),
        ("{\"a\": 1,}", "line 1, column 9: a name in quotes is missing"),
        ("01", "line 1, column 1: a number begins with 0"),
        ("1.", "line 1, column 3: the text ends too early: a digit is missing"),
        (".5", "line 1, column 1: a value is missing"), ("+1", "line 1, column 1: a value is missing"),
        ("1e", "line 1, column 3: the text ends too early: a digit is missing"),
        ("-", "line 1, column 2: the text ends too early: a digit is missing"),
        ("1e999", "line 1, column 1: a number is out of range"),
        ("NaN", "line 1, column 1: a value is missing"), ("tru", "line 1, column 1: a value is missing"),
        ("\"abc", "line 1, column 1: a string has no end"),
        ("\"a\u{1}\"", "line 1, column 3: a control character in a string is not escaped"),
        ("\"\\x\"", "line 1, column 2: an escape that JSON does not have"),
        ("\"\\u12G4\"", "line 1, column 2: '\\u' wants four hexadecimal digits"),
        ("\"\\ud800\"", "line 1, column 2: a surrogate without its pair"),
        ("\"\\udc00\"", "line 1, column 2: a surrogate without its pair"),
        ("\"\\ud800\\u0041\"", "line 1, column 2: a surrogate without its pair"),
        ("1 // one", "line 1, column 3: something stands after the end of the document"),
        ("\u{feff}1", "line 1, column 1: a byte order mark stands before the document"),
        ("'a'", "line 1, column 1: a value is missing"), ("\u{a0}1", "line 1, column 1: a value is missing"),
    ]

    @Test(arguments: forbidden)
    func `what RFC 8259 forbids is refused with its place`(text: String, message: String) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(error?.description == message)
        #expect(error?.code == .malformed)
    }

    static let notUnicode: [[UInt8]] = [
        [UInt8(ascii: "\""), 0xff, UInt8(ascii: "\"")], [UInt8(ascii: "\""), 0xc0, 0x80, UInt8(ascii: "\"")],
        [UInt8(ascii: "\""), 0xed, 0xa0, 0x80, UInt8(ascii: "\"")],
        [UInt8(ascii: "\""), 0xe2, 0x82, UInt8(ascii: "\"")],
    ]

    @Test(arguments: notUnicode)
    func `a string that is not UTF-8 is refused`(bytes: [UInt8]) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
        #expect(error?.message == "a string is not UTF-8")
    }

    @Test func `depth size and number of values are bounded`() {
        let deep = String(repeating: "[", count: 100_000)
        let wide = "[" + String(repeating: "0,", count: 2000) + "0]"
        let named = "{" + (0..<2000).map { "\"\($0)\":0" }.joined(separator: ",") + "}"
        #expect(
            throws: JSONError(.limit, "more than 64 levels deep", position: .init(offset: 64, in: Array(deep.utf8)))
        ) {
            try JSONValue(parsing: deep)
        }
        for text in [wide, named] {
            let error = #expect(throws: JSONError.self) {
                try JSONValue(parsing: text, limits: JSONLimits(values: 1000))
            }
            #expect(error?.code == .limit)
            #expect(throws: JSONError.self) { try JSONValue(parsing: text, limits: JSONLimits(bytes: 1000)) }
            #expect(throws: Never.self) { try JSONValue(parsing: text) }
        }
        #expect(throws: Never.self) {
            try JSONValue(parsing: String(repeating: "[", count: 64) + String(repeating: "]", count: 64))
        }
    }

    @Test func `depth counts what is open not what was`() throws {
        let text = "[" + Array(repeating: "[{}]", count: 500).joined(separator: ",") + "]"
        #expect(try JSONValue(parsing: text, limits: JSONLimits(depth: 3)).array?.count == 500)
    }

    @Test func `a name twice is found among few members and among many`() throws {
        let names = (0..<40).map { "\"n\($0)\":0" }
        #expect(try JSONValue(parsing: "{" + names.joined(separator: ",") + "}").object?.members.count == 40)
        for twice in [3, 15, 16, 17, 39] {
            let text = "{" + (names[...twice] + [names[twice / 2]]).joined(separator: ",") + "}"
            let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
            #expect(error?.message == "'n\(twice / 2)' occurs twice")
        }
    }

    @Test func `every truncation of a document is refused and none traps`() throws {
        let text = Array(#"{"a": [1, -2.5e3, "x\n\u20ac\ud83d\ude00", true, null, {"b": {}}], "c": "é"}"#.utf8)
        #expect(throws: Never.self) { try JSONValue(parsing: text) }
        for length in 0..<text.count {
            #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text[..<length])) }
        }
    }

    @Test func `any byte anywhere never traps and what is read can be written and read again`() throws {
        let text = Array(#"{"a":[1,-2.5e3,"x\u20ac",true],"c":"é"}"#.utf8)
        var accepted = 0
        for index in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[index] = byte
                guard let value = try? JSONValue(parsing: changed) else { continue }
                accepted += 1
                #expect(try JSONValue(parsing: value.bytes()) == value)
            }
        }
        #expect(accepted > text.count)
    }
}
