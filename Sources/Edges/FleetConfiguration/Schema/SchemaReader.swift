/// Walks a document along the tables of fields and collects every mistake on the way.
struct SchemaReader {
    let context: SchemaContext
    /// Every key of the schema with the sections that have it, for a key that stands in the wrong place.
    let homes: [String: [String]]
    var diagnostics: Diagnostics
    private var path: [String] = []

    init(context: SchemaContext, file: String, entries: [SchemaEntry]) {
        self.context = context
        diagnostics = Diagnostics(file: file)
        var homes: [String: [String]] = [:]
        for entry in entries {
            let parts = entry.path.split(separator: ".")
            guard let name = parts.last else { continue }
            homes[String(name), default: []].append(parts.dropLast().joined(separator: "."))
        }
        self.homes = homes
    }

    var place: String {
        path.reduce(into: "") { $0 += $1.hasPrefix("[") || $0.isEmpty ? $1 : ".\($1)" }
    }

    mutating func fail(_ message: String, at mark: SourceMark, suggestion: String? = nil) {
        say(.error, message, at: mark, suggestion: suggestion)
    }

    mutating func say(
        _ severity: Diagnostic.Severity, _ message: String, at mark: SourceMark, suggestion: String? = nil
    ) {
        diagnostics.add(
            severity, Self.shown(message, 400), at: mark, path: Self.shown(place, 200),
            suggestion: suggestion.map { Self.shown($0, 200) })
    }

    /// Reads with `key` added to the path.
    mutating func inside<Result>(_ key: String, _ body: (inout SchemaReader) -> Result) -> Result {
        path.append(key)
        defer { path.removeLast() }
        return body(&self)
    }

    /// Reads with the last key taken off the path: what concerns the whole section.
    mutating func outside(_ body: (inout SchemaReader) -> Void) {
        guard let key = path.popLast() else { return body(&self) }
        body(&self)
        path.append(key)
    }

    /// A section with fixed keys. Nothing at all is an empty section, whose keys may all be commented out: as good as
    /// no section where it may be missing itself.
    mutating func section<Section>(
        _ node: YAMLNode, _ fields: [Field<Section>], into section: inout Section, required: Bool = false
    ) {
        if node.isNull, !required { return }
        guard let entries = mapping(node) else { return }
        var present: Set<String> = []
        for entry in entries {
            guard let name = key(entry) else { continue }
            guard let field = fields.first(where: { $0.name == name }) else {
                inside(name) { $0.unknown(name, at: entry.key.mark, among: fields.map(\.name)) }
                continue
            }
            present.insert(name)
            inside(name) { field.read(entry.value, &section, &$0) }
        }
        for field in fields where field.isRequired && !present.contains(field.name) {
            inside(field.name) {
                $0.fail("is missing: write \(field.expected)", at: node.mark)
            }
        }
    }

    /// A mapping whose keys are values themselves.
    mutating func table<Key>(
        _ node: YAMLNode, _ keys: Scalar<Key>, _ body: (Placed<Key>, YAMLNode, inout SchemaReader) -> Void
    ) {
        guard let entries = mapping(node) else { return }
        for entry in entries {
            guard let name = key(entry) else { continue }
            inside(name) { reader in
                guard let key = reader.value(of: name, at: entry.key.mark, keys) else { return }
                body(key, entry.value, &reader)
            }
        }
    }

    mutating func list<Value>(_ node: YAMLNode, _ scalar: Scalar<Value>) -> Placed<[Placed<Value>]>? {
        guard let items = node.items else {
            let example = node.isNull ? nil : node.text.map { "[\($0)]" }
            fail("takes a list and has \(node.kind)", at: node.mark, suggestion: example)
            return nil
        }
        guard !items.isEmpty else {
            fail("is an empty list", at: node.mark)
            return nil
        }
        let values = items.enumerated().compactMap { index, item in
            inside("[\(index)]") { $0.scalar(item, scalar) }
        }
        return Placed(value: values, mark: node.mark, path: place)
    }

    mutating func scalar<Value>(_ node: YAMLNode, _ scalar: Scalar<Value>) -> Placed<Value>? {
        if node.isNull {
            fail("has no value: write \(scalar.expected)", at: node.mark)
            return nil
        }
        guard let text = node.text else {
            fail("takes \(scalar.expected) and has \(node.kind)", at: node.mark)
            return nil
        }
        if let tag = node.tag, !tag.hasPrefix("tag:yaml.org,2002:") {
            fail("has the tag \(tag), which means nothing here", at: node.mark)
            return nil
        }
        return value(of: text, at: node.mark, scalar)
    }

    private mutating func value<Value>(
        of text: String, at mark: SourceMark, _ scalar: Scalar<Value>
    ) -> Placed<Value>? {
        do throws(WrongValue) {
            return Placed(value: try scalar.read(text, context), mark: mark, path: place)
        } catch {
            fail(
                error.message ?? "'\(Self.shown(text, 80))' is not \(scalar.expected)", at: mark,
                suggestion: error.suggestion)
            return nil
        }
    }

    private mutating func mapping(_ node: YAMLNode) -> [YAMLEntry]? {
        if node.isNull { return [] }
        if let entries = node.entries { return entries }
        fail("takes keys and values, and has \(node.kind)", at: node.mark)
        return nil
    }

    private mutating func key(_ entry: YAMLEntry) -> String? {
        if let text = entry.key.text { return text }
        fail("a key is a word, and here stands \(entry.key.kind)", at: entry.key.mark)
        return nil
    }

    private mutating func unknown(_ name: String, at mark: SourceMark, among names: [String]) {
        let near = Spelling.nearest(to: name, among: names)
        let elsewhere = near == nil ? homes[name] : nil
        let message =
            if let elsewhere, let first = elsewhere.first {
                "does not belong here but \(first.isEmpty ? "at the top level" : "under \(first)")"
            } else if near == nil {
                "is an unknown key; known here: \(names.joined(separator: ", "))"
            } else {
                "is an unknown key"
            }
        fail(message, at: mark, suggestion: near)
    }

    /// Foreign text as it can be shown: no control characters, no more than `limit` characters.
    static func shown(_ text: String, _ limit: Int) -> String {
        let clean = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isControl ? "�" : $0 }))
        return clean.count <= limit ? clean : clean.prefix(limit) + "…"
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool { properties.generalCategory == .control }
}
