// Dictionaries under these keys are JSON objects; the standard library would make arrays of keys and values of them.

extension NodeID: CodingKeyRepresentable {
    /// The id in decimal.
    public var codingKey: any CodingKey { DictionaryKey(description) }
    /// The id that the key is; nil where it is none.
    public init?(codingKey: some CodingKey) { self.init(codingKey.stringValue) }
}

extension HostName: CodingKeyRepresentable {
    /// The name.
    public var codingKey: any CodingKey { DictionaryKey(rawValue) }
    /// The name that the key is; nil where it is none.
    public init?(codingKey: some CodingKey) { self.init(rawValue: codingKey.stringValue) }
}

private struct DictionaryKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ text: String) { stringValue = text }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}
