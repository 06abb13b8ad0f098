/// Writes the table of all API keys that the definitions name.
struct APIKeyEmitter {
    /// Number and name, in ascending order.
    let keys: [(number: Int16, name: String)]

    func source() -> String {
        var out = SourceText()
        out.line(Emitter.notice)
        out.line()
        out.block("extension APIKey") { out in
            for key in keys {
                out.doc("Kafka's `\(key.name)`.")
                out.line("public static let \(FieldModel.lowerCamel(key.name)) = APIKey(rawValue: \(key.number))")
            }
            out.line()
            out.doc("The name of every key that Kafka's definitions hold, in ascending order of the keys.")
            out.line("public static let table: [(key: APIKey, name: String)] = [")
            out.indented { out in
                for key in keys { out.line("(.\(FieldModel.lowerCamel(key.name)), \"\(key.name)\"),") }
            }
            out.line("]")
        }
        return out.text
    }
}
