/// What a document may cost. The bounds are far above what a fleet of 200 hosts needs and far below what hurts.
struct YAMLLimits: Sendable {
    /// A file of 200 hosts with every setting takes about 60 kB.
    var bytes = 4 << 20
    /// Nesting, aliases followed: a Compose file reaches about eight.
    var depth = 64
    /// Nodes after aliases are expanded: a "billion laughs" document ends here.
    var nodes = 100_000
    /// Aliases themselves.
    var aliases = 10_000
}

/// Why a text is no document.
struct YAMLError: Error, Hashable, Sendable {
    var message: String
    var mark: SourceMark
}

/// A key that a mapping has twice. YAML forbids it, libyaml lets it pass, and an operator would never learn which
/// of the two counts.
struct YAMLDuplicate: Hashable, Sendable {
    var key: String
    var mark: SourceMark
    var first: SourceMark
}

/// One YAML document as a tree of nodes with marks.
struct YAMLDocument: Sendable {
    /// nil: the text is empty, or all comments.
    var root: YAMLNode?
    /// The later ones of keys that stand twice in a mapping, in the order of the text.
    var duplicates: [YAMLDuplicate]

    /// Parses UTF-8 (with or without a byte order mark) or UTF-16.
    init(_ bytes: [UInt8], limits: YAMLLimits = YAMLLimits()) throws(YAMLError) {
        guard bytes.count <= limits.bytes else {
            throw YAMLError(
                message: "the file is larger than \(limits.bytes >> 20) MiB", mark: SourceMark(line: 1, column: 1))
        }
        var builder = YAMLBuilder(reader: try YAMLEventReader(bytes), limits: limits)
        root = try builder.document()
        duplicates = builder.duplicates
    }
}

/// Builds the tree from the events.
private struct YAMLBuilder {
    /// A finished node, what it costs when an alias repeats it, and how deep it goes.
    private struct Anchored {
        var node: YAMLNode
        var nodes: Int
        var height: Int
    }

    private let reader: YAMLEventReader
    private let limits: YAMLLimits
    private var anchors: [String: Anchored] = [:]
    private var nodes = 0
    private var aliases = 0
    private(set) var duplicates: [YAMLDuplicate] = []

    init(reader: YAMLEventReader, limits: YAMLLimits) {
        self.reader = reader
        self.limits = limits
    }

    mutating func document() throws(YAMLError) -> YAMLNode? {
        guard try reader.next().kind == .streamStart else { return nil }
        guard try reader.next().kind == .documentStart else { return nil }
        let (root, _) = try node(try reader.next(), depth: 1)
        _ = try reader.next()
        let after = try reader.next()
        guard after.kind == .streamEnd else {
            throw YAMLError(message: "a second document begins here; the file is to hold one", mark: after.mark)
        }
        return root
    }

    /// The node that begins with `event`, and its height: 1 for a scalar.
    private mutating func node(_ event: YAMLEvent, depth: Int) throws(YAMLError) -> (YAMLNode, height: Int) {
        guard depth <= limits.depth else {
            throw YAMLError(message: "nested more than \(limits.depth) levels deep", mark: event.mark)
        }
        let before = nodes
        try count(1, at: event.mark)
        var height = 1
        let content: YAMLNode.Content
        switch event.kind {
        case .alias(let name): return try alias(name, at: event.mark, depth: depth)
        case .scalar(let text, let plain): content = .scalar(text, plain: plain)
        case .sequenceStart:
            var items: [YAMLNode] = []
            while case let next = try reader.next(), next.kind != .sequenceEnd {
                let (item, below) = try node(next, depth: depth + 1)
                items.append(item)
                height = max(height, below + 1)
            }
            content = .sequence(items)
        case .mappingStart:
            var entries: [YAMLEntry] = []
            while case let next = try reader.next(), next.kind != .mappingEnd {
                let (key, keyHeight) = try node(next, depth: depth + 1)
                let (value, valueHeight) = try node(try reader.next(), depth: depth + 1)
                entries.append(YAMLEntry(key: key, value: value))
                height = max(height, keyHeight + 1, valueHeight + 1)
            }
            content = .mapping(try merged(entries))
        case .streamStart, .streamEnd, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
            throw YAMLError(message: "a value is missing", mark: event.mark)
        }
        let node = YAMLNode(content, tag: event.tag, mark: event.mark)
        if let anchor = event.anchor {
            anchors[anchor] = Anchored(node: node, nodes: nodes - before, height: height)
        }
        return (node, height)
    }

    private mutating func alias(
        _ name: String, at mark: SourceMark, depth: Int
    ) throws(YAMLError) -> (YAMLNode, height: Int) {
        aliases += 1
        guard let target = anchors[name] else {
            throw YAMLError(message: "*\(name) refers to no anchor before it", mark: mark)
        }
        guard aliases <= limits.aliases else {
            throw YAMLError(message: "more than \(limits.aliases) aliases", mark: mark)
        }
        guard depth + target.height - 1 <= limits.depth else {
            throw YAMLError(message: "*\(name) nests more than \(limits.depth) levels deep", mark: mark)
        }
        try count(target.nodes, at: mark)
        return (target.node, target.height)
    }

    private mutating func count(_ more: Int, at mark: SourceMark) throws(YAMLError) {
        nodes += more
        guard nodes <= limits.nodes else {
            throw YAMLError(message: "more than \(limits.nodes) values, aliases expanded", mark: mark)
        }
    }

    /// Reports keys that stand twice and resolves `<<` (https://yaml.org/type/merge.html): a mapping's own keys win,
    /// of several merged mappings the first.
    private mutating func merged(_ entries: [YAMLEntry]) throws(YAMLError) -> [YAMLEntry] {
        var own: [YAMLEntry] = []
        var sources: [YAMLEntry] = []
        var seen: [String: SourceMark] = [:]
        for entry in entries {
            if case .scalar("<<", plain: true) = entry.key.content {
                let values = entry.value.items ?? [entry.value]
                guard let maps = Optional(values.map(\.entries)), maps.allSatisfy({ $0 != nil }) else {
                    throw YAMLError(message: "<< takes a mapping or a list of mappings", mark: entry.key.mark)
                }
                sources += maps.flatMap { $0 ?? [] }
                continue
            }
            if let text = entry.key.text {
                if let first = seen[text] {
                    duplicates.append(YAMLDuplicate(key: text, mark: entry.key.mark, first: first))
                    continue
                }
                seen[text] = entry.key.mark
            }
            own.append(entry)
        }
        for entry in sources {
            guard let text = entry.key.text, seen.updateValue(entry.key.mark, forKey: text) == nil else { continue }
            own.append(entry)
        }
        return own
    }
}
