/// A value with its place, for the checks that compare several settings.
struct Placed<Value: Sendable>: Sendable {
    var value: Value
    var mark: SourceMark
    /// `hosts.10.0.0.13.brokers`.
    var path: String
}

/// Where in a draft a value goes.
typealias Place<Section, Value> = any WritableKeyPath<Section, Value> & Sendable

/// One key of a section: its name, what it takes, what it means, and where its value goes.
///
/// The tables of fields are the schema: parsing, the detection of unknown keys, suggestions and the reference all come
/// from them.
struct Field<Section>: Sendable {
    var name: String
    /// What it takes, for the reference.
    var expected: String
    /// The value that holds without it, as one would write it; nil where there is none.
    var fallback: String?
    var isRequired = false
    /// One sentence.
    var meaning: String
    /// The keys below it.
    var below: @Sendable () -> [SchemaEntry] = { [] }
    var read: @Sendable (YAMLNode, inout Section, inout SchemaReader) -> Void

    /// A single value.
    static func value<Value>(
        _ name: String, _ scalar: Scalar<Value>, into target: Place<Section, Placed<Value>?>,
        fallback: String? = nil, required: Bool = false, _ meaning: String
    ) -> Field {
        Field(
            name: name, expected: scalar.expected, fallback: fallback, isRequired: required, meaning: meaning
        ) { node, section, reader in
            section[keyPath: target] = reader.scalar(node, scalar)
        }
    }

    /// A list of values; an empty one is a mistake.
    static func list<Value>(
        _ name: String, of scalar: Scalar<Value>,
        into target: Place<Section, Placed<[Placed<Value>]>?>, fallback: String? = nil,
        required: Bool = false, _ meaning: String
    ) -> Field {
        Field(
            name: name, expected: "a list, each \(scalar.expected)", fallback: fallback, isRequired: required,
            meaning: meaning
        ) { node, section, reader in
            section[keyPath: target] = reader.list(node, scalar)
        }
    }

    /// A section with keys of its own.
    static func section<Inner>(
        _ name: String, _ fields: @escaping @Sendable () -> [Field<Inner>],
        into target: Place<Section, Inner>, required: Bool = false, _ meaning: String
    ) -> Field {
        Field(
            name: name, expected: "a section", isRequired: required, meaning: meaning,
            below: { SchemaEntry.of(fields(), under: name) }
        ) { node, section, reader in
            reader.section(node, fields(), into: &section[keyPath: target], required: required)
        }
    }

    /// A mapping whose keys are the operator's: `read` gets each of them.
    static func table<Key>(
        _ name: String, keys: Scalar<Key>, placeholder: String, _ meaning: String,
        below: @escaping @Sendable () -> [SchemaEntry],
        read: @escaping @Sendable (Placed<Key>, YAMLNode, inout Section, inout SchemaReader) -> Void
    ) -> Field {
        Field(
            name: name, expected: "a mapping", meaning: meaning,
            below: { below().map { $0.under("\(name).\(placeholder)") } }
        ) { node, section, reader in
            reader.table(node, keys) { key, value, reader in read(key, value, &section, &reader) }
        }
    }

    /// A key that is known and not available yet.
    static func refused(_ name: String, _ reason: String) -> Field {
        Field(name: name, expected: "nothing yet", meaning: reason) { node, _, reader in
            reader.fail(reason, at: node.mark)
        }
    }
}

/// A line of the reference: one key with its full path.
public struct SchemaEntry: Hashable, Sendable {
    /// `hosts.HOST.ports.broker`.
    public var path: String
    /// What it takes.
    public var expected: String
    /// What holds without it; nil where there is nothing.
    public var fallback: String?
    /// Whether the file is wrong without it.
    public var isRequired: Bool
    /// What it means.
    public var meaning: String

    static func of<Section>(_ fields: [Field<Section>], under prefix: String = "") -> [SchemaEntry] {
        fields.flatMap { field in
            [
                SchemaEntry(
                    path: field.name, expected: field.expected, fallback: field.fallback,
                    isRequired: field.isRequired, meaning: field.meaning)
            ] + field.below()
        }.map { prefix.isEmpty ? $0 : $0.under(prefix) }
    }

    /// The same key where it overrides `defaults`: without it, what stands there holds.
    var ofOneHost: SchemaEntry {
        var entry = self
        if entry.expected != "a section" { entry.fallback = "the value in defaults" }
        return entry
    }

    func under(_ prefix: String) -> SchemaEntry {
        var entry = self
        entry.path = path.isEmpty ? prefix : "\(prefix).\(path)"
        return entry
    }
}
