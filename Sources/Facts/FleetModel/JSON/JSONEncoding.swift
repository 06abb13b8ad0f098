extension JSONValue {
    /// A Codable value as JSON, without Foundation. Members keep the order in which the type encodes them;
    /// a dictionary has none, so take `sorted` where equal values have to be equal texts.
    ///
    /// A `UInt64` beyond 63 bits, for which `JSONValue` has no number, becomes its decimal digits as text; so does a part
    /// of `Duration`. Infinity and NaN are refused, because they could not be read back.
    /// - Parameter value: any Encodable value, a plain number or text as well.
    /// - Throws: `JSONError` with code `.shape` and the path where the value does not fit, or whatever the value's own
    ///   `encode(to:)` refused, in words.
    public init(encoding value: some Encodable) throws(JSONError) {
        let node = EncodedNode()
        do {
            try value.encode(to: NodeEncoder(node: node, codingPath: []))
            self = node.value
        } catch let error as EncodingError {
            guard case .invalidValue(_, let context) = error else { throw JSONError(.shape, "\(error)") }
            throw JSONError(.shape, context.debugDescription, path: jsonPath(context.codingPath))
        } catch { throw JSONError(.shape, "\(error)") }
    }
}

/// `steps[3].kind`.
func jsonPath(_ keys: [any CodingKey]) -> String {
    keys.reduce("") { path, key in
        if let index = key.intValue { return "\(path)[\(index)]" }
        return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
    }
}

/// An element's place in an array.
struct IndexKey: CodingKey {
    let intValue: Int?
    init(_ index: Int) { intValue = index }
    init?(intValue: Int) { self.init(intValue) }
    init?(stringValue: String) { nil }
    var stringValue: String { "\(intValue ?? 0)" }
}

/// The key under which a class encodes its superclass.
struct SuperKey: CodingKey {
    let stringValue = "super"
    let intValue: Int? = nil
    init() {}
    init?(intValue: Int) { nil }
    init?(stringValue: String) { nil }
}

/// A place in the tree that containers fill: containers outlive the call that made them.
private final class EncodedNode {
    enum Content {
        case nothing
        case plain(JSONValue)
        case array([EncodedNode])
        case object([(name: String, node: EncodedNode)])
    }
    var content = Content.nothing

    var value: JSONValue {
        switch content {
        // A type that encodes nothing at all is an empty object.
        case .nothing: .object(JSONObject())
        case .plain(let value): value
        case .array(let nodes): .array(nodes.map(\.value))
        case .object(let members): .object(JSONObject(members.map { ($0.name, $0.node.value) }))
        }
    }

    func appendElement() -> EncodedNode {
        let child = EncodedNode()
        guard case .array(var nodes) = content else {
            content = .array([child])
            return child
        }
        content = .nothing
        nodes.append(child)
        content = .array(nodes)
        return child
    }

    func appendMember(_ name: String) -> EncodedNode {
        let child = EncodedNode()
        guard case .object(var members) = content else {
            content = .object([(name, child)])
            return child
        }
        content = .nothing
        members.append((name, child))
        content = .object(members)
        return child
    }

    /// Says what the node is before its first element: empty containers are values too.
    func begin(_ empty: Content) {
        if case .nothing = content { content = empty }
    }

    var count: Int { if case .array(let nodes) = content { nodes.count } else { 0 } }
}

private struct NodeEncoder: Encoder, SingleValueEncodingContainer {
    let node: EncodedNode
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        node.begin(.object([]))
        return KeyedEncodingContainer(KeyedNodes<Key>(node: node, codingPath: codingPath))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        node.begin(.array([]))
        return UnkeyedNodes(node: node, codingPath: codingPath)
    }
    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() { node.content = .plain(.null) }
    func encode(_ value: Bool) { node.content = .plain(.bool(value)) }
    func encode(_ value: String) { node.content = .plain(.string(value)) }
    func encode(_ value: Float) throws { try encode(Double(value)) }
    func encode(_ value: Double) throws {
        guard value.isFinite else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: codingPath, debugDescription: "\(value) is no number that JSON has"))
        }
        node.content = .plain(.number(value))
    }
    func encode(_ value: Int) { integer(value) }
    func encode(_ value: Int8) { integer(value) }
    func encode(_ value: Int16) { integer(value) }
    func encode(_ value: Int32) { integer(value) }
    func encode(_ value: Int64) { integer(value) }
    func encode(_ value: UInt) { integer(value) }
    func encode(_ value: UInt8) { integer(value) }
    func encode(_ value: UInt16) { integer(value) }
    func encode(_ value: UInt32) { integer(value) }
    func encode(_ value: UInt64) { integer(value) }
    func encode(_ value: some Encodable) throws {
        switch value {
        case let value as String: encode(value)
        default: try value.encode(to: self)
        }
    }

    private func integer(_ value: some BinaryInteger) {
        node.content = .plain(Int64(exactly: value).map(JSONValue.integer) ?? .string("\(value)"))
    }
}

private struct KeyedNodes<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: EncodedNode
    let codingPath: [any CodingKey]

    private func encoder(_ key: any CodingKey) -> NodeEncoder {
        NodeEncoder(node: node.appendMember(key.stringValue), codingPath: codingPath + [key])
    }

    func encodeNil(forKey key: Key) { encoder(key).encodeNil() }
    func encode(_ value: Bool, forKey key: Key) { encoder(key).encode(value) }
    func encode(_ value: String, forKey key: Key) { encoder(key).encode(value) }
    func encode(_ value: Double, forKey key: Key) throws { try encoder(key).encode(value) }
    func encode(_ value: Float, forKey key: Key) throws { try encoder(key).encode(value) }
    func encode(_ value: Int, forKey key: Key) { encoder(key).encode(value) }
    func encode(_ value: Int8, forKey key: Key) { encoder(key).encode(value) }
    func encode(_ value: Int16, forKey key: Key) { encoder(key).encode(value) }
    func encode(_ value: Int32, forKey key: Key) { encoder(key).encode(value) }
    func encode(_ value: Int64, forKey key: Key) { encoder(key).encode(value) }
    func encode(_ value: UInt, forKey key: Key) { encoder(key).encode(value) }
    func encode(_ value: UInt8, forKey key: Key) { encoder(key).encode(value) }
    func encode(_ value: UInt16, forKey key: Key) { encoder(key).encode(value) }
    func encode(_ value: UInt32, forKey key: Key) { encoder(key).encode(value) }
    func encode(_ value: UInt64, forKey key: Key) { encoder(key).encode(value) }
    func encode(_ value: some Encodable, forKey key: Key) throws { try encoder(key).encode(value) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { encoder(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { encoder(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { encoder(SuperKey()) }
    func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }
}

private struct UnkeyedNodes: UnkeyedEncodingContainer {
    let node: EncodedNode
    let codingPath: [any CodingKey]
    var count: Int { node.count }

    private func encoder() -> NodeEncoder {
        let key = IndexKey(count)
        return NodeEncoder(node: node.appendElement(), codingPath: codingPath + [key])
    }

    func encodeNil() { encoder().encodeNil() }
    func encode(_ value: Bool) { encoder().encode(value) }
    func encode(_ value: String) { encoder().encode(value) }
    func encode(_ value: Double) throws { try encoder().encode(value) }
    func encode(_ value: Float) throws { try encoder().encode(value) }
    func encode(_ value: Int) { encoder().encode(value) }
    func encode(_ value: Int8) { encoder().encode(value) }
    func encode(_ value: Int16) { encoder().encode(value) }
    func encode(_ value: Int32) { encoder().encode(value) }
    func encode(_ value: Int64) { encoder().encode(value) }
    func encode(_ value: UInt) { encoder().encode(value) }
    func encode(_ value: UInt8) { encoder().encode(value) }
    func encode(_ value: UInt16) { encoder().encode(value) }
    func encode(_ value: UInt32) { encoder().encode(value) }
    func encode(_ value: UInt64) { encoder().encode(value) }
    func encode(_ value: some Encodable) throws { try encoder().encode(value) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        encoder().container(keyedBy: type)
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder().unkeyedContainer() }
    func superEncoder() -> any Encoder { encoder() }
}
