/// A field of one structure, with everything that the emitter needs decided.
struct FieldModel {
    enum Kind: Equatable {
        case bool
        case integer(String)
        case uuid
        case errorCode
        case apiKey
        case string
        case bytes
        case structure(String)
    }

    let kafkaName: String
    let name: String
    let kind: Kind
    let isArray: Bool
    let versions: Versions
    let nullable: Versions
    let tag: Int?
    let isIgnorable: Bool
    let defaultText: String?
    let about: String?
    let scope: Versions

    init(_ field: Definition.Field, scope: Versions, in message: String) throws {
        func refuse(_ what: String) -> GeneratorError { GeneratorError("\(message).\(field.name): \(what)") }
        kafkaName = field.name
        name = Self.lowerCamel(field.name)
        isArray = field.type.hasPrefix("[]")
        let element = isArray ? String(field.type.dropFirst(2)) : field.type
        switch element {
        case "bool": kind = .bool
        case "int16" where field.name.hasSuffix("ErrorCode"): kind = .errorCode
        case "int16" where field.name == "ApiKey": kind = .apiKey
        case "int8", "int16", "int32", "int64": kind = .integer("Int" + element.dropFirst(3))
        case "uint16", "uint32": kind = .integer("UInt" + element.dropFirst(4))
        case "uuid": kind = .uuid
        case "string": kind = .string
        case "bytes", "records": kind = .bytes
        case _ where element.first?.isUppercase == true: kind = .structure(element)
        default: throw refuse("type \(field.type) is not supported")
        }
        guard field.flexibleVersions == nil else { throw refuse("flexibleVersions of a field is not supported") }
        if let tagged = field.taggedVersions {
            guard tagged == field.versions else { throw refuse("tagged in some of its versions only") }
            guard field.tag != nil else { throw refuse("tagged without a tag") }
        }
        switch (isArray, kind) {
        case (true, .bool), (true, .bytes), (true, .errorCode), (true, .apiKey):
            throw refuse("an array of this type is not supported")
        default: break
        }
        versions = field.versions.intersection(scope)
        nullable = (field.nullableVersions ?? .none).intersection(versions)
        tag = field.tag
        isIgnorable = field.ignorable ?? false
        // Kafka's own code starts records at null.
        defaultText = field.default?.text ?? (element == "records" ? "null" : nil)
        about = field.about
        self.scope = scope
        if isNullable, kind == .uuid || kind == .bool { throw refuse("a nullable field of this type is not supported") }
        if case .structure = kind, !isArray, isNullable, nullable != versions {
            throw refuse("a structure that is nullable in some versions only is not supported")
        }
        if isArray, kind == .uuid, isNullable { throw refuse("a nullable array of this type is not supported") }
    }

    var isNullable: Bool { !nullable.isEmpty }
    var isTagged: Bool { tag != nil }
    var property: String { Self.reserved.contains(name) ? "`\(name)`" : name }

    var elementType: String {
        switch kind {
        case .bool: "Bool"
        case .integer(let type): type
        case .uuid: "KafkaUUID"
        case .errorCode: "ErrorCode"
        case .apiKey: "APIKey"
        case .string: "String"
        case .bytes: "[UInt8]"
        case .structure(let name): name
        }
    }

    var swiftType: String {
        (isArray ? "[\(elementType)]" : elementType) + (isNullable ? "?" : "")
    }

    var defaultValue: String {
        if defaultText == "null" { return "nil" }
        if isArray { return "[]" }
        switch kind {
        case .bool: return defaultText?.lowercased() == "true" ? "true" : "false"
        case .integer(let type):
            guard let defaultText, !defaultText.isEmpty else { return "0" }
            return defaultText == "9223372036854775807" ? "\(type).max" : defaultText
        case .uuid: return ".zero"
        case .errorCode, .apiKey: return defaultText ?? "0"
        case .string: return "\"\(defaultText ?? "")\""
        case .bytes: return "[]"
        case .structure(let name): return "\(name)()"
        }
    }

    /// The Swift condition that the value differs from its default.
    var differsFromDefault: String {
        if defaultValue == "nil" { return "\(property) != nil" }
        if isArray || kind == .bytes || defaultValue == "\"\"" {
            return isNullable ? "\(property)?.isEmpty != true" : "!\(property).isEmpty"
        }
        if kind == .bool { return defaultValue == "true" ? "!\(property)" : property }
        if case .structure = kind { return "\(property) != .init()" }
        return "\(property) != \(defaultValue)"
    }

    /// The fewest bytes that the field takes at a version at which it is present.
    func minimumSize(flexible: Bool, structure: (String) -> Int) -> Int {
        if isTagged { return 0 }
        if isArray { return flexible ? 1 : 4 }
        switch kind {
        case .bool: return 1
        case .integer(let type):
            return ["Int8": 1, "Int16": 2, "UInt16": 2, "Int32": 4, "UInt32": 4, "Int64": 8][type] ?? 1
        case .uuid: return 16
        case .errorCode, .apiKey: return 2
        case .string: return flexible ? 1 : 2
        case .bytes: return flexible ? 1 : 4
        case .structure(let name): return isNullable ? 1 : structure(name)
        }
    }

    private static let reserved: Set<String> = [
        "protocol", "operator", "default", "where", "self", "in", "is", "repeat",
    ]

    static func lowerCamel(_ name: String) -> String {
        let head = name.prefix { $0.isUppercase }
        // `ISRNodes` would be one word and its neighbour: only the first word's letters go down.
        let count = head.count > 1 && head.count < name.count ? head.count - 1 : max(head.count, 1)
        return name.prefix(count).lowercased() + name.dropFirst(count)
    }
}
