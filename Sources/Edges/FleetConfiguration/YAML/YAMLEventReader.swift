import CYAML

/// One event of libyaml's parser, in Swift's own types.
struct YAMLEvent {
    enum Kind: Equatable {
        case streamStart, streamEnd, documentStart, documentEnd, sequenceEnd, mappingEnd
        case alias(String)
        case scalar(String, plain: Bool)
        case sequenceStart
        case mappingStart
    }

    var kind: Kind
    var anchor: String?
    var tag: String?
    var mark: SourceMark
}

/// Reads the events of a text, one after the other.
///
/// A class, because libyaml's parser keeps its own address and must not move.
final class YAMLEventReader {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: [UInt8]) throws(YAMLError) {
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        input = .allocate(capacity: bytes.count)
        _ = input.initialize(from: bytes)
        guard yaml_parser_initialize(parser) == 1 else {
            throw YAMLError(message: "no memory is left to read it", mark: SourceMark(line: 1, column: 1))
        }
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    /// The next event; after the end of the stream, an error.
    func next() throws(YAMLError) -> YAMLEvent {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
        defer { yaml_event_delete(&event) }
        let mark = SourceMark(event.start_mark)
        switch event.type {
        case YAML_STREAM_START_EVENT: return YAMLEvent(kind: .streamStart, mark: mark)
        case YAML_DOCUMENT_START_EVENT: return YAMLEvent(kind: .documentStart, mark: mark)
        case YAML_DOCUMENT_END_EVENT: return YAMLEvent(kind: .documentEnd, mark: mark)
        case YAML_SEQUENCE_END_EVENT: return YAMLEvent(kind: .sequenceEnd, mark: mark)
        case YAML_MAPPING_END_EVENT: return YAMLEvent(kind: .mappingEnd, mark: mark)
        case YAML_ALIAS_EVENT:
            return YAMLEvent(kind: .alias(Self.string(event.data.alias.anchor) ?? ""), mark: mark)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            return YAMLEvent(
                kind: .scalar(String(decoding: text, as: UTF8.self), plain: scalar.style == YAML_PLAIN_SCALAR_STYLE),
                anchor: Self.string(scalar.anchor), tag: Self.string(scalar.tag), mark: mark)
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            return YAMLEvent(
                kind: .sequenceStart, anchor: Self.string(start.anchor), tag: Self.string(start.tag), mark: mark)
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            return YAMLEvent(
                kind: .mappingStart, anchor: Self.string(start.anchor), tag: Self.string(start.tag), mark: mark)
        default: return YAMLEvent(kind: .streamEnd, mark: mark)
        }
    }

    private static func string(_ text: UnsafeMutablePointer<UInt8>?) -> String? {
        text.map { String(cString: $0) }
    }

    /// libyaml's complaint in words that an operator can act on, where its own assume a knowledge of YAML's grammar.
    private func problem() -> YAMLError {
        let words = parser.pointee.problem.map { String(cString: $0) } ?? "not YAML"
        if parser.pointee.error == YAML_READER_ERROR {
            let (mark, byte) = place(of: parser.pointee.problem_offset)
            let message =
                byte == 0
                ? "a NUL byte: the file is not text" : "not readable as UTF-8 text: \(words)"
            return YAMLError(message: message, mark: mark)
        }
        var mark = SourceMark(parser.pointee.problem_mark)
        let isToken = words == "found character that cannot start any token"
        if words.contains("tab character") || isToken && character(at: parser.pointee.problem_mark) == 9 {
            return YAMLError(message: "a tab: YAML is indented with spaces", mark: mark)
        }
        var message = "not YAML: \(words)"
        if let context = parser.pointee.context {
            let from = SourceMark(parser.pointee.context_mark)
            message += " (\(String(cString: context)) from line \(from.line))"
            // A key without its ':' is noticed on the next line; the mistake stands where the key began.
            if words == "could not find expected ':'" { mark = from }
        }
        return YAMLError(message: message, mark: mark)
    }

    private func character(at mark: yaml_mark_t) -> UInt8? {
        var line = 0
        var start = 0
        while line < mark.line, let end = input[start...].firstIndex(of: 10) {
            start = end + 1
            line += 1
        }
        let index = start + mark.column
        return input.indices.contains(index) ? input[index] : nil
    }

    /// Line and column of a byte, counted here: libyaml gives only the offset of what it cannot decode.
    private func place(of offset: Int) -> (SourceMark, byte: UInt8?) {
        let before = input.prefix(offset)
        let lineStart = before.lastIndex(of: 10).map { $0 + 1 } ?? 0
        let characters = before[lineStart...].count { $0 & 0xC0 != 0x80 }
        let line = before.count { $0 == 10 } + 1
        return (
            SourceMark(line: line, column: characters + 1), input.indices.contains(offset) ? input[offset] : nil
        )
    }
}

extension SourceMark {
    fileprivate init(_ mark: yaml_mark_t) { self.init(line: mark.line + 1, column: mark.column + 1) }
}
