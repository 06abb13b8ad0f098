import Testing

@testable import FleetConfiguration

private func document(_ text: String, limits: YAMLLimits = YAMLLimits()) throws -> YAMLDocument {
    try YAMLDocument(Array(text.utf8), limits: limits)
}

private func failure(_ bytes: [UInt8], limits: YAMLLimits = YAMLLimits()) -> String? {
    do throws(YAMLError) {
        _ = try YAMLDocument(bytes, limits: limits)
        return nil
    } catch {
        return "\(error.mark.line):\(error.mark.column): \(error.message)"
    }
}

private func failure(_ text: String, limits: YAMLLimits = YAMLLimits()) -> String? {
    failure(Array(text.utf8), limits: limits)
}

@Suite struct YAMLTests {
    @Test func `every node knows its line and its column in characters`() throws {
        let root = try #require(try document("a: 1\nö: [x, \"é\", z]\n").root)
        #expect(root["ö"]?.mark == SourceMark(line: 2, column: 4))
        #expect(root["ö"]?.items?.map(\.mark.column) == [5, 8, 13])
        #expect(root.entries?[1].key.mark == SourceMark(line: 2, column: 1))
    }

    @Test func `a byte order mark, carriage returns and trailing spaces are no mistakes`() throws {
        let bytes = [0xEF, 0xBB, 0xBF] + Array("a: 1  \r\nb:\r\n  - x\r\n".utf8)
        let root = try #require(try YAMLDocument(bytes).root)
        #expect(root["a"]?.text == "1")
        #expect(root["a"]?.mark == SourceMark(line: 1, column: 4))
        #expect(root["b"]?.items?.first?.mark == SourceMark(line: 3, column: 5))
    }

    @Test func `UTF-16 is read too`() throws {
        let units =
            [0xFF, 0xFE] + Array("a: ü".utf16).flatMap { unit -> [UInt8] in [UInt8(unit & 255), UInt8(unit >> 8)] }
        #expect(try YAMLDocument(units).root?["a"]?.text == "ü")
    }

    @Test(arguments: [
        ("a: 1\n\tb: 2\n", "2:1: a tab: YAML is indented with spaces"),
        ("a:\n\tb: 2\n", "2:1: a tab: YAML is indented with spaces"),
        (
            "a: 1\nb: @x\n",
            "2:4: not YAML: found character that cannot start any token (while scanning for the next token from line 2)"
        ),
        ("a: [1, 2\nb: 3\n", nil),
        ("a: \"x\n", nil),
        (
            "a: 1\nbroken\nc: 2\n",
            "2:1: not YAML: could not find expected ':' (while scanning a simple key from line 2)"
        ),
        ("a: 1\n  b: 2\n", "2:4: not YAML: mapping values are not allowed in this context"),
        ("a: *nothing\n", "1:4: *nothing refers to no anchor before it"),
        ("a: &x [*x]\n", "1:8: *x refers to no anchor before it"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document begins here; the file is to hold one"),
        ("<<: 3\n", "1:1: << takes a mapping or a list of mappings"),
    ])
    func `what is no document says where it stops being one`(text: String, said: String?) throws {
        let found = failure(text)
        #expect(found != nil)
        if let said { #expect(found == said) }
    }

    @Test func `bytes that are no text are said with their place`() {
        #expect(
            failure(Array("a: 1\nbc: ".utf8) + [0xC3, 0x28])
                == "2:6: not readable as UTF-8 text: invalid trailing UTF-8 octet")
        #expect(failure(Array("a: ".utf8) + [0] + Array("b".utf8)) == "1:4: a NUL byte: the file is not text")
        #expect(failure([0xFF, 0x00, 0x12]) != nil)
        #expect(failure(Array("\u{7f}ELF".utf8) + (0...255).map { UInt8($0) }) != nil)
    }

    @Test func `a key that stands twice is reported with both places`() throws {
        let duplicates = try document("a: 1\nb: { c: 1, c: 2 }\na: 3\n").duplicates
        #expect(
            duplicates == [
                YAMLDuplicate(key: "c", mark: SourceMark(line: 2, column: 12), first: SourceMark(line: 2, column: 6)),
                YAMLDuplicate(key: "a", mark: SourceMark(line: 3, column: 1), first: SourceMark(line: 1, column: 1)),
            ])
    }

    @Test func `merge keys give way to a mapping's own and to earlier ones`() throws {
        let parsed = try document(
            """
            x: &x { a: 1, b: 1, c: 1 }
            y: &y { b: 2, c: 2, d: 2 }
            z: { <<: [*x, *y], a: 0 }
            "<<": text
            """)
        let values = parsed.root?["z"]?.entries?.map { "\($0.key.text ?? "")=\($0.value.text ?? "")" }.sorted()
        #expect(values == ["a=0", "b=1", "c=1", "d=2"])
        #expect(parsed.root?["<<"] == nil || parsed.root?["<<"]?.text == "text")
        #expect(parsed.duplicates.isEmpty)
    }

    @Test func `a document of aliases ends at the bound and not in all of memory`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...20 {
            let previous = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(previous)]\n"
        }
        #expect(failure(text)?.hasSuffix("more than 100000 values, aliases expanded") == true)
        let many = "a: &a x\nb: [" + String(repeating: "*a, ", count: 10_001) + "]\n"
        #expect(failure(many)?.hasSuffix("more than 10000 aliases") == true)
    }

    @Test func `nesting ends at the bound, aliases followed`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(failure(nested(64)) == nil)
        #expect(failure(nested(65))?.hasSuffix("nested more than 64 levels deep") == true)
        #expect(failure(nested(100_000)) != nil)
        #expect(failure("a: &a \(nested(40))\nb: [[[\(String(repeating: "[", count: 25))*a") != nil)
        let climbing = (1...70).reduce("a0: &a0 [x]\n") { $0 + "a\($1): &a\($1) [*a\($1 - 1)]\n" }
        #expect(failure(climbing)?.contains("nests more than 64 levels deep") == true)
    }

    @Test func `size and number of keys end at their bounds`() {
        let keys = (0..<100_000).map { "k\($0): v\n" }.joined()
        #expect(failure(keys)?.hasSuffix("more than 100000 values, aliases expanded") == true)
        #expect(failure([UInt8](repeating: 0x20, count: (4 << 20) + 1)) == "1:1: the file is larger than 4 MiB")
    }

    @Test func `what is emitted is read back as the same tree`() throws {
        let text = """
            plain: text
            quoted: "yes"
            yes: no
            number: 0777
            "1.0": "1.0"
            null: ~
            empty: ""
            nothing:
            list: [a, {b: c, d: [1, "2"]}, [], {}]
            long: "\(String(repeating: "word ", count: 100))"
            lines: |
              one
                two

              three
            folded: >-
              a
              b
            tagged: !!str 12
            own: !thing { x: 1 }
            odd: "a: b # c\\t\\u0001\\U0001F600 'x' \\\\"
            "multi\\nline key": 1
            colons: a:b:c
            """
        let first = try #require(try document(text).root)
        let second = try #require(try YAMLDocument(try first.emitted()).root)
        #expect(plain(second) == plain(first))
        #expect(second["quoted"]?.content == .scalar("yes", plain: false))
        #expect(second["number"]?.content == .scalar("0777", plain: true))
        #expect(second["tagged"]?.tag == "tag:yaml.org,2002:str")
        #expect(second["own"]?.tag == "!thing")
        #expect(second["nothing"]?.isNull == true)
        #expect(second["empty"]?.isNull == false)
    }

    @Test(arguments: [
        "yes", "No", "on", "null", "~", "", "0777", "1.0", "1e3", "1:30", "-", "- a", "a: b", "#x", " a", "@a",
        "0x1f", ".5", "+1", "2026-01-01", "y", "=", "<<", "*a", "&a", "!a", "%a", "a\nb", "true", "🦆",
    ])
    func `a text of ours stays a text`(text: String) throws {
        let node = YAMLNode.map([(text, .string(text))])
        let back = try #require(try YAMLDocument(try node.emitted()).root?.entries?.first)
        #expect(back.value.content == .scalar(text, plain: false))
        #expect(back.key.content == .scalar(text, plain: false))
    }

    /// The tree without marks; a null in one spelling.
    private func plain(_ node: YAMLNode) -> YAMLNode {
        switch node.content {
        case .scalar(let text, let plain):
            YAMLNode(.scalar(node.isNull ? "null" : text, plain: plain), tag: node.tag)
        case .sequence(let items): YAMLNode(.sequence(items.map(plain)), tag: node.tag)
        case .mapping(let entries):
            YAMLNode(.mapping(entries.map { YAMLEntry(key: plain($0.key), value: plain($0.value)) }), tag: node.tag)
        }
    }
}
