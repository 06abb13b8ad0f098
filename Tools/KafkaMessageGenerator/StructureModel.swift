/// A structure of a message: the message itself, or one that its fields name.
struct StructureModel {
    let name: String
    let about: String?
    let fields: [FieldModel]
    /// The versions of the message at which the structure occurs.
    let scope: Versions
    let flexible: Versions

    /// The fewest bytes that one takes, over all versions of its scope.
    func minimumSize(_ others: [StructureModel]) -> Int {
        let sizes = (scope.lowest...scope.highest).map { version in
            let here = Versions(lowest: version, highest: version)
            let isFlexible = flexible.contains(here)
            return fields.filter { $0.versions.contains(here) }.reduce(isFlexible ? 1 : 0) { sum, field in
                sum
                    + field.minimumSize(flexible: isFlexible) { name in
                        others.first { $0.name == name }?.minimumSize(others) ?? 0
                    }
            }
        }
        return sizes.min() ?? 0
    }

    /// The structures of a definition, the message first, then the others in the order in which fields name them.
    static func all(of definition: Definition) throws -> [StructureModel] {
        let flexible = (definition.flexibleVersions ?? .none).intersection(definition.validVersions)
        var structures: [StructureModel] = []

        func add(_ name: String, _ about: String?, _ fields: [Definition.Field], _ scope: Versions) throws {
            guard !structures.contains(where: { $0.name == name }) else {
                throw GeneratorError("\(definition.name): two structures are named \(name)")
            }
            let present = fields.filter { !$0.versions.intersection(scope).isEmpty }
            let models = try present.map { try FieldModel($0, scope: scope, in: definition.name) }
            structures.append(
                StructureModel(
                    name: name, about: about, fields: models, scope: scope, flexible: flexible.intersection(scope)))
            for (field, model) in zip(present, models) {
                guard let inner = field.fields, case .structure(let name) = model.kind else { continue }
                try add(name, field.about, inner, model.versions)
            }
        }

        try add(definition.name, nil, definition.fields ?? [], definition.validVersions)
        for common in definition.commonStructs ?? [] {
            try add(common.name, nil, common.fields, common.versions.intersection(definition.validVersions))
        }
        return structures
    }
}
