import FleetModel
import Testing

@Suite struct JSONCodingTests {
    struct Everything: Codable, Equatable {
        enum Kind: String, Codable { case fast, slow }
        enum Outcome: Codable, Equatable { case done, failed(reason: String, code: Int8), moved([NodeID]) }
        struct Inner: Codable, Equatable { var values: [Double?] = [1.5, nil, -0.0] }

        var id: NodeID
        var name = "é\u{1b}"
        var missing: Int?
        var kind = Kind.slow
        var outcomes: [Outcome] = [.done, .failed(reason: "x", code: -128), .moved([])]
        var inner = Inner()
        var byName = ["b": 2, "a": 1]
        var byNumber: [Int: String] = [7: "seven"]
        var set: Set<UInt16> = [65535]
        var smallest = Int64.min
        var largest = UInt64.max
        var time = Duration.seconds(30)
        var size = ByteCount(1 << 40)
        var flags: [Bool] = [true, false]
        var float: Float = 0.1
        var empty: [String] = []
    }

    func sample() throws -> Everything { Everything(id: try #require(NodeID(rawValue: 0))) }

    @Test func `a value comes back as it was through text`() throws {
        let value = try sample()
        let text = try JSONValue(encoding: value).text()
        #expect(try JSONValue(parsing: text).decoded(as: Everything.self) == value)
    }

    @Test func `members keep the order of the type and lone values need no object`() throws {
        struct Two: Encodable {
            var second = 1
            var first = 2
        }
        #expect(try JSONValue(encoding: Two()).text() == #"{"second":1,"first":2}"#)
        #expect(try JSONValue(encoding: [Two]()).text() == "[]")
        #expect(try JSONValue(encoding: "x") == "x")
        #expect(try JSONValue(encoding: Int?.none) == nil)
        #expect(try JSONValue(encoding: ByteCount(5)) == 5)
        #expect(try JSONValue("x").decoded() == "x")
        #expect(try JSONValue(parsing: "[1,null]").decoded(as: [Int?].self) == [1, nil])
    }

    @Test func `sorted values are equal texts whatever order their dictionaries had`() throws {
        let numbers = (0..<100).map { ("k\($0)", $0) }
        let one = try JSONValue(encoding: Dictionary(uniqueKeysWithValues: numbers))
        let other = try JSONValue(encoding: Dictionary(uniqueKeysWithValues: numbers.reversed()))
        #expect(one.sorted.text() == other.sorted.text())
        let nested: JSONValue = ["b": [["d": 1, "c": 2]], "B": 0, "a": ["z": 1, "é": 2]]
        #expect(nested.sorted.text() == #"{"B":0,"a":{"z":1,"é":2},"b":[{"c":2,"d":1}]}"#)
    }

    @Test func `what could not be read back is not written`() {
        #expect(throws: JSONError(.shape, "nan is no number that JSON has", path: "values[1]")) {
            try JSONValue(encoding: ["values": [1.0, .nan]])
        }
    }

    static let refusals: [(String, String)] = [
        ("{}", "id: is missing"), ("[]", "an object is wanted, not an array"),
        ("null", "an object is wanted, not null"),
        (#"{"id":-1}"#, "id: a node id is not negative"), (#"{"id":"1"}"#, "id: a number is wanted, not a string"),
        (#"{"id":1.5}"#, "id: a whole number of 64 bits is wanted, not a number"),
        (#"{"id":2147483648}"#, "id: 2147483648 is not in the range of -2147483648 to 2147483647"),
        (#"{"id":1,"name":2}"#, "name: a string is wanted, not a number"),
        (#"{"id":1,"name":null}"#, "name: a string is wanted, not null"),
    ]

    @Test(arguments: refusals)
    func `another shape is refused with its path`(text: String, message: String) throws {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text).decoded(as: Everything.self) }
        #expect(error?.description == message)
        #expect(error?.code == .shape)
    }

    @Test func `a place deep inside is named`() throws {
        let error = #expect(throws: JSONError.self) {
            try JSONValue(parsing: #"{"a":[[1],[2,"x"]]}"#).decoded(as: [String: [[Int]]].self)
        }
        #expect(error?.description == "a[1][1]: a number is wanted, not a string")
    }

    @Test func `any value in any place is a refusal at worst`() throws {
        let good = try JSONValue(encoding: try sample())
        let strange: [JSONValue] = [nil, true, -1, 1e300, "", [], [[]], [:], ["x": 1], .integer(.max)]
        var refused = 0
        for member in try #require(good.object).members {
            for value in strange {
                var object = try #require(good.object)
                object[member.name] = value
                do {
                    let read = try JSONValue.object(object).decoded(as: Everything.self)
                    _ = try JSONValue(encoding: read)
                } catch { refused += error.code == .shape ? 1 : 0 }
            }
        }
        #expect(refused > 50)
    }
}
