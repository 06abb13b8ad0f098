/// Writes the body of a structure's `decode`.
struct DecodingEmitter {
    let structure: StructureModel
    let flexible: FlexibleExpression

    func emit(into out: inout SourceText) {
        out.line("var value = Self()")
        for field in structure.fields where !field.isTagged {
            let read = "value.\(field.name) = \(expression(field, reader: "reader", compact: flexible.argument))"
            if let condition = field.versions.condition(in: structure.scope) {
                out.lineOrBlock("if \(condition)", read)
            } else {
                out.line(read)
            }
        }
        flexible.guarded(&out) { out in emitTagged(into: &out) }
        out.line("return value")
    }

    private func emitTagged(into out: inout SourceText) {
        let tagged = structure.fields.filter(\.isTagged)
        if tagged.isEmpty {
            out.line("try reader.skipTaggedFields()")
            return
        }
        out.block("for _ in 0..<(try reader.readUnsignedVarint())") { out in
            out.line("var (tag, field) = try reader.readTaggedField()")
            out.line("switch tag {")
            for field in tagged {
                let scope = structure.flexible
                let condition = field.versions.condition(in: scope).map { " where \($0)" } ?? ""
                out.line("case \(field.tag ?? 0)\(condition):")
                out.indented { out in
                    out.line("value.\(field.name) = \(expression(field, reader: "field", compact: "true"))")
                    out.line("try field.finish()")
                }
            }
            out.line("default: continue")
            out.line("}")
        }
    }

    /// The expression that reads a field at a version at which it is present; types follow from the property's.
    private func expression(_ field: FieldModel, reader: String, compact: String) -> String {
        let prefix = "try \(reader).read\(field.isNullable ? "Nullable" : "")"
        // Null is refused where only some of the field's versions allow it.
        let allowed = field.isNullable ? field.nullable.condition(in: field.versions) : nil
        let null = allowed.map { ", allowed: \($0)" } ?? ""
        if field.isArray {
            switch field.kind {
            case .structure: return "\(prefix)Array(version: version, compact: \(compact)\(null))"
            case .string: return "\(prefix)Strings(compact: \(compact)\(null))"
            case .uuid: return "\(prefix)UUIDs(compact: \(compact))"
            default: return "\(prefix)Integers(compact: \(compact)\(null))"
            }
        }
        switch field.kind {
        case .bool: return "\(prefix)Bool()"
        case .integer(let type): return "\(prefix)\(type)()"
        case .uuid: return "\(prefix)UUID()"
        case .errorCode: return "\(prefix)ErrorCode()"
        case .apiKey: return "\(prefix)APIKey()"
        case .string: return "\(prefix)String(compact: \(compact)\(null))"
        case .bytes: return "\(prefix)Bytes(compact: \(compact)\(null))"
        case .structure:
            return field.isNullable
                ? "\(prefix)Structure(version: version)" : "try .decode(from: &\(reader), version: version)"
        }
    }
}
