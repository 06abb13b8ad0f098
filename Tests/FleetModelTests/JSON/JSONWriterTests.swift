import FleetModel
import Testing

@Suite struct JSONWriterTests {
    let document: JSONValue = [
        "name": "orders", "hosts": [["host": "10.0.0.11", "disk_free_bytes": 1], [:]], "isr": [1, 2, 3], "none": [],
        "took_ms": 3.5, "ok": true, "leader": nil,
    ]

    @Test func `members keep their order and the compact form has no spaces`() {
        #expect(
            document.text()
                == #"{"name":"orders","hosts":[{"host":"10.0.0.11","disk_free_bytes":1},{}],"isr":[1,2,3],"none":[],"#
                + #""took_ms":3.5,"ok":true,"leader":null}"#)
    }

    @Test func `the indented form keeps arrays of plain values on a line`() {
        #expect(
            document.text(.indented) == """
                {
                  "name": "orders",
                  "hosts": [
                    {
                      "host": "10.0.0.11",
                      "disk_free_bytes": 1
                    },
                    {}
                  ],
                  "isr": [1, 2, 3],
                  "none": [],
                  "took_ms": 3.5,
                  "ok": true,
                  "leader": null
                }
                """)
    }

    @Test func `control characters can not reach a terminal`() {
        let text = JSONValue.string("\u{1b}[2J\u{9b}\u{7f}\0\n\"\\é😀\u{2028}").text()
        #expect(text == #""\u001b[2J\u009b\u007f\u0000\n\"\\é😀\u2028""#)
    }

    @Test func `numbers that JSON lacks become null`() {
        #expect(JSONValue.array([.number(.infinity), .number(.nan), .number(-.infinity)]).text() == "[null,null,null]")
    }

    @Test(arguments: [
        0.1, -1e-300, 1e300, .leastNonzeroMagnitude, 1.0, 123_456_789.125, .greatestFiniteMagnitude, -0.0,
    ])
    func `numbers come back as they were`(number: Double) throws {
        #expect(try JSONValue(parsing: JSONValue.number(number).text()) == .number(number))
    }

    @Test func `documents come back as they were`() throws {
        let strings = JSONValue.array(
            (0..<0x3000).compactMap { Unicode.Scalar($0).map { .string("a\(Character($0))") } })
        for value in [document, strings, .integer(.min), .integer(.max)] {
            #expect(try JSONValue(parsing: value.text()) == value)
            #expect(try JSONValue(parsing: value.text(.indented)) == value)
        }
    }

    @Test func `an object replaces keeps the place and removes`() {
        var object = JSONObject([("a", 1), ("b", 2), ("a", 3)])
        #expect(object.members.map(\.name) == ["a", "b"])
        object["a"] = nil
        object["c"] = 4
        object["b"] = 5
        #expect(JSONValue.object(object).text() == #"{"b":5,"c":4}"#)
        #expect(object["missing"] == nil)
    }

    @Test func `milliseconds are whole and never overflow`() {
        #expect(JSONValue(milliseconds: .microseconds(1999)) == 1)
        #expect(JSONValue(milliseconds: .seconds(Int64.max)) == .integer(.max))
        #expect(JSONValue(milliseconds: .seconds(-3)) == -3000)
    }

    @Test func `accessors answer for their kind alone`() {
        #expect(JSONValue.number(3.0).integer == 3)
        #expect(JSONValue.number(3.5).integer == nil)
        #expect(JSONValue.number(1e300).integer == nil)
        #expect(JSONValue.integer(3).double == 3)
        #expect(JSONValue.string("3").integer == nil)
        #expect(document["hosts"]?.array?.first?["host"]?.string == "10.0.0.11")
        #expect(document["name"]?["x"] == nil)
        #expect(document["ok"]?.bool == true)
    }
}
