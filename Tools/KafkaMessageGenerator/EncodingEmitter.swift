/// Writes the body of a structure's `encode`.
struct EncodingEmitter {
    let structure: StructureModel
    let flexible: FlexibleExpression

    func emit(into out: inout SourceText) {
        for field in structure.fields {
            emitNullCheck(field, into: &out)
            if field.isTagged {
                emitPresenceCheck(field, into: &out)
            } else {
                emitPlain(field, into: &out)
            }
        }
        flexible.guarded(&out) { out in emitTagged(into: &out) }
    }

    private func emitPlain(_ field: FieldModel, into out: inout SourceText) {
        let write = statement(field, writer: "writer", compact: flexible.argument)
        guard let condition = field.versions.condition(in: structure.scope) else {
            out.line(write)
            return
        }
        if field.isIgnorable {
            out.lineOrBlock("if \(condition)", write)
            return
        }
        out.line("if \(condition) {")
        out.indented { $0.line(write) }
        out.line("} else if \(field.differsFromDefault) {")
        out.indented { $0.line(refusal(field)) }
        out.line("}")
    }

    /// A tagged field that the version lacks.
    private func emitPresenceCheck(_ field: FieldModel, into out: inout SourceText) {
        guard !field.isIgnorable, let condition = field.versions.condition(in: structure.scope) else { return }
        let clauses = condition.contains("&&") ? "!(\(condition))" : condition.replacing(">=", with: "<")
        out.block("if \(clauses), \(field.differsFromDefault)") { $0.line(refusal(field)) }
    }

    private func refusal(_ field: FieldModel) -> String {
        "throw WireError(.fieldNotInVersion(field: \"\(field.kafkaName)\", version: version))"
    }

    /// Null where this version of the field has no null.
    private func emitNullCheck(_ field: FieldModel, into out: inout SourceText) {
        guard field.isNullable, !field.isTagged, field.nullable.condition(in: field.versions) != nil else { return }
        let present = field.versions.condition(in: structure.scope)
        let withoutNull = Versions(lowest: field.versions.lowest, highest: field.nullable.lowest - 1)
        let clauses = [withoutNull.condition(in: structure.scope) ?? present, "\(field.property) == nil"].compactMap {
            $0
        }
        out.block("if \(clauses.joined(separator: ", "))") { out in
            out.line("throw WireError(.nullNotInVersion(field: \"\(field.kafkaName)\", version: version))")
        }
    }

    private func emitTagged(into out: inout SourceText) {
        let tagged = structure.fields.filter(\.isTagged).sorted { ($0.tag ?? 0) < ($1.tag ?? 0) }
        if tagged.isEmpty {
            out.line("writer.writeUnsignedVarint(0)")
            return
        }
        out.line("var tags = TaggedFieldsWriter()")
        for field in tagged {
            let condition = field.versions.condition(in: structure.flexible).map { "\($0), " } ?? ""
            out.block("if \(condition)\(field.differsFromDefault)") { out in
                out.line("var field = WireWriter()")
                out.line(statement(field, writer: "field", compact: "true"))
                out.line("tags.add(\(field.tag ?? 0), field)")
            }
        }
        out.line("tags.write(into: &writer)")
    }

    private func statement(_ field: FieldModel, writer: String, compact: String) -> String {
        let property = field.property
        if field.isArray {
            switch field.kind {
            case .structure: return "try \(writer).writeArray(\(property), version: version, compact: \(compact))"
            case .string: return "try \(writer).writeStrings(\(property), compact: \(compact))"
            case .uuid: return "try \(writer).writeUUIDs(\(property), compact: \(compact))"
            default: return "try \(writer).writeIntegers(\(property), compact: \(compact))"
            }
        }
        let nullable = field.isNullable ? "Nullable" : ""
        switch field.kind {
        case .bool: return "\(writer).writeBool(\(property))"
        case .integer(let type): return "\(writer).write\(type)(\(property))"
        case .uuid: return "\(writer).writeUUID(\(property))"
        case .errorCode: return "\(writer).writeErrorCode(\(property))"
        case .apiKey: return "\(writer).writeAPIKey(\(property))"
        case .string: return "try \(writer).write\(nullable)String(\(property), compact: \(compact))"
        case .bytes: return "try \(writer).write\(nullable)Bytes(\(property), compact: \(compact))"
        case .structure:
            return field.isNullable
                ? "try \(writer).writeNullableStructure(\(property), version: version)"
                : "try \(property).encode(into: &\(writer), version: version)"
        }
    }
}
