public import FleetModel

/// `defaults.cfg`, read and checked.
public struct FleetConfiguration: Sendable {
    /// Where it was read.
    public let directory: FleetDirectory
    /// What it says, every host's settings filled in.
    public let specification: FleetSpecification
    /// Doubts that stop nothing.
    public let warnings: [Diagnostic]
    /// Where each host stands in `virthosts`: the place to show when it is to be taken out.
    public let places: [HostName: SourceMark]
    /// The bytes of the file that say all this.
    public let source: [UInt8]

    /// Reads and checks the `defaults.cfg` of a fleet directory.
    /// - Parameters:
    ///   - directory: the fleet directory.
    ///   - home: the operator's home, for paths that begin with `~/`.
    ///   - clauses: the numbers of all clauses that can be waived; nil: any number can.
    /// - Returns: the configuration; it has no mistakes, and perhaps warnings.
    /// - Throws: `ConfigurationError`: `.notFound` or `.unreadable` for the file, `.invalid` with every mistake in it.
    public static func load(
        directory: FleetDirectory, home: String?, clauses: [String]? = nil
    ) throws(ConfigurationError) -> FleetConfiguration {
        let bytes = try SmallFile.read(directory.configurationFile, atMost: YAMLLimits().bytes)
        guard let bytes else {
            throw ConfigurationError(
                code: .notFound, message: "\(directory.path) holds no defaults.cfg",
                remedy: "'gantry init \(directory.path)' writes one")
        }
        return try parse(bytes, directory: directory, home: home, clauses: clauses)
    }

    /// Checks the contents of a `defaults.cfg`; nothing is read from the disk.
    /// - Parameters:
    ///   - bytes: the file's contents.
    ///   - directory: what relative paths in it start from.
    ///   - home: the operator's home, for paths that begin with `~/`.
    ///   - clauses: the numbers of all clauses that can be waived; nil: any number can.
    /// - Returns: the configuration; it has no mistakes, and perhaps warnings.
    /// - Throws: `ConfigurationError` with code `.invalid` and every mistake.
    public static func parse(
        _ bytes: [UInt8], directory: FleetDirectory, home: String?, clauses: [String]? = nil
    ) throws(ConfigurationError) -> FleetConfiguration {
        var reader = SchemaReader(
            context: SchemaContext(directory: directory.path, home: home, clauses: clauses),
            file: directory.configurationFile,
            entries: Schema.entries)
        var draft = FleetDraft()
        do throws(YAMLError) {
            let document = try YAMLDocument(bytes)
            for duplicate in document.duplicates {
                reader.diagnostics.add(
                    .error, "stands here a second time; the first is in line \(duplicate.first.line)",
                    at: duplicate.mark, path: SchemaReader.shown(duplicate.key, 200))
            }
            if let root = document.root, !root.isNull {
                reader.section(root, Schema.fleet, into: &draft, required: true)
            } else {
                reader.fail(
                    "the file says nothing: remove it, and 'gantry init' writes a working one",
                    at: SourceMark(line: 1, column: 1))
            }
        } catch {
            reader.fail(SchemaReader.shown(error.message, 400), at: error.mark)
        }
        var resolver = FleetResolver(draft: draft, diagnostics: reader.diagnostics)
        let specification = resolver.specification()
        guard let specification, !resolver.diagnostics.hasErrors else { throw resolver.diagnostics.failure() }
        return FleetConfiguration(
            directory: directory, specification: specification, warnings: resolver.diagnostics.warnings,
            places: Dictionary(
                (draft.virthosts?.value ?? []).map { ($0.value, $0.mark) }, uniquingKeysWith: { first, _ in first }),
            source: bytes)
    }

    /// Every key of `defaults.cfg`, for the documentation: printed from the same table that reads the file.
    public static var reference: [SchemaEntry] { Schema.entries }
}
