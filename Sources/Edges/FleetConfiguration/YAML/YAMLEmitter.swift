import CYAML

extension YAMLNode {
    /// A text: quoted where YAML 1.1 or 1.2 could take it for something else (`yes`, `0777`, `1.0`, `1:30`, `null`).
    static func string(_ text: String) -> YAMLNode { YAMLNode(.scalar(text, plain: text.isPlainlyText)) }

    /// A list of texts.
    static func strings(_ texts: [String]) -> YAMLNode { YAMLNode(.sequence(texts.map(YAMLNode.string))) }

    /// A mapping in this order.
    static func map(_ pairs: [(String, YAMLNode)]) -> YAMLNode {
        YAMLNode(.mapping(pairs.map { YAMLEntry(key: .string($0.0), value: $0.1) }))
    }

    /// YAML's own `true`.
    static let yes = YAMLNode(.scalar("true", plain: true))

    /// This node with `key` set: in its place when it is there, else at the end. A node that is no mapping becomes one.
    mutating func set(_ key: String, _ value: YAMLNode) {
        var entries = entries ?? []
        if let index = entries.firstIndex(where: { $0.key.text == key }) {
            entries[index].value = value
        } else {
            entries.append(YAMLEntry(key: .string(key), value: value))
        }
        content = .mapping(entries)
    }

    /// This node without `key`.
    mutating func remove(_ key: String) {
        guard let entries else { return }
        content = .mapping(entries.filter { $0.key.text != key })
    }

    /// The text of a document with this root, in block style.
    ///
    /// What was plain stays plain and what was quoted stays quoted, so that every reader gives each value the type it
    /// had.
    func emitted() throws(YAMLError) -> [UInt8] {
        let emitter = YAMLEventWriter()
        try emitter.start()
        try emitter.write(self)
        return try emitter.finish()
    }
}

extension String {
    /// Begins with a letter or `/`, has no character with a meaning, and is no word of YAML's.
    fileprivate var isPlainlyText: Bool {
        guard let first = utf8.first, first.isAlphanumeric && !first.isDigit || first == UInt8(ascii: "/") else {
            return false
        }
        guard utf8.allSatisfy({ $0.isAlphanumeric || "/._-".utf8.contains($0) }) else { return false }
        return !["y", "n", "yes", "no", "on", "off", "true", "false", "null"].contains(lowercased())
    }
}

/// Writes events through libyaml.
///
/// A class, because libyaml's emitter keeps its own address and must not move.
private final class YAMLEventWriter {
    private let emitter: UnsafeMutablePointer<yaml_emitter_t>
    private let output = Output()

    private final class Output {
        var bytes: [UInt8] = []
    }

    init() {
        emitter = .allocate(capacity: 1)
        emitter.initialize(to: yaml_emitter_t())
    }

    deinit {
        yaml_emitter_delete(emitter)
        emitter.deallocate()
    }

    func start() throws(YAMLError) {
        guard yaml_emitter_initialize(emitter) == 1 else { throw problem() }
        yaml_emitter_set_output(
            emitter,
            { context, bytes, count in
                guard let context, let bytes else { return 0 }
                Unmanaged<Output>.fromOpaque(context).takeUnretainedValue().bytes += UnsafeBufferPointer(
                    start: bytes, count: count)
                return 1
            }, Unmanaged.passUnretained(output).toOpaque())
        yaml_emitter_set_encoding(emitter, YAML_UTF8_ENCODING)
        yaml_emitter_set_unicode(emitter, 1)
        yaml_emitter_set_width(emitter, -1)
        try send { yaml_stream_start_event_initialize($0, YAML_UTF8_ENCODING) }
        try send { yaml_document_start_event_initialize($0, nil, nil, nil, 1) }
    }

    func write(_ node: YAMLNode) throws(YAMLError) {
        switch node.content {
        case .scalar(let text, let plain): try write(text, plain: plain, null: node.isNull, tag: node.tag)
        case .sequence(let items):
            try tagged(node.tag) { event, tag in
                yaml_sequence_start_event_initialize(event, nil, tag, tag == nil ? 1 : 0, YAML_BLOCK_SEQUENCE_STYLE)
            }
            for item in items { try write(item) }
            try send { yaml_sequence_end_event_initialize($0) }
        case .mapping(let entries):
            try tagged(node.tag) { event, tag in
                yaml_mapping_start_event_initialize(event, nil, tag, tag == nil ? 1 : 0, YAML_BLOCK_MAPPING_STYLE)
            }
            for entry in entries {
                try write(entry.key)
                try write(entry.value)
            }
            try send { yaml_mapping_end_event_initialize($0) }
        }
    }

    func finish() throws(YAMLError) -> [UInt8] {
        try send { yaml_document_end_event_initialize($0, 1) }
        try send { yaml_stream_end_event_initialize($0) }
        guard yaml_emitter_flush(emitter) == 1 else { throw problem() }
        return output.bytes
    }

    /// A null is written as a word: an empty scalar would become an empty text in some places.
    private func write(_ text: String, plain: Bool, null: Bool, tag: String?) throws(YAMLError) {
        var bytes = Array((null ? "null" : text).utf8)
        let count = Int32(clamping: bytes.count)
        let style = plain ? YAML_PLAIN_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE
        // An empty array has no address, and libyaml wants one.
        bytes.append(0)
        try tagged(tag) { event, tag in
            yaml_scalar_event_initialize(event, nil, tag, bytes, count, tag == nil ? 1 : 0, tag == nil ? 1 : 0, style)
        }
    }

    private func tagged(
        _ tag: String?, _ make: (UnsafeMutablePointer<yaml_event_t>, UnsafePointer<UInt8>?) -> Int32
    ) throws(YAMLError) {
        let bytes = tag.map { Array($0.utf8) + [0] }
        try send { event in
            guard let bytes else { return make(event, nil) }
            return bytes.withUnsafeBufferPointer { make(event, $0.baseAddress) }
        }
    }

    private func send(_ make: (UnsafeMutablePointer<yaml_event_t>) -> Int32) throws(YAMLError) {
        var event = yaml_event_t()
        // libyaml takes the event over, also when it refuses it.
        guard make(&event) == 1, yaml_emitter_emit(emitter, &event) == 1 else { throw problem() }
    }

    private func problem() -> YAMLError {
        let words = emitter.pointee.problem.map { String(cString: $0) } ?? "no memory is left"
        return YAMLError(message: "cannot be written as YAML: \(words)", mark: SourceMark(line: 1, column: 1))
    }
}
