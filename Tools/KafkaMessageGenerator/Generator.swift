import Foundation

/// Reads Kafka's message definitions and writes the Swift source of the selected ones.
///
/// Usage: `KafkaMessageGenerator OUTPUT DEFINITIONS…`, each DEFINITIONS a folder of Kafka's JSON files. A message comes from
/// the first folder that has it. The output folder must hold nothing else: what is there and not generated is removed.
@main
enum Generator {
    static func main() {
        do {
            let arguments = CommandLine.arguments.dropFirst().map { URL(fileURLWithPath: $0, isDirectory: true) }
            guard let output = arguments.first, arguments.count >= 2 else {
                throw GeneratorError("usage: KafkaMessageGenerator OUTPUT DEFINITIONS…")
            }
            try generate(into: output, from: Array(arguments.dropFirst()))
        } catch {
            FileHandle.standardError.write(Data("KafkaMessageGenerator: \(error)\n".utf8))
            exit(1)
        }
    }

    static func generate(into output: URL, from folders: [URL]) throws {
        var sources: [String: String] = [:]
        for api in SelectedAPI.all {
            for suffix in ["Request", "Response"] {
                let definition = try Definition.read(try find("\(api.name)\(suffix)", in: folders))
                sources["\(definition.name).swift"] = try Emitter(definition, api: api).source()
            }
        }
        sources["APIKey+Names.swift"] = APIKeyEmitter(keys: try keys(in: folders)).source()

        let files = FileManager.default
        try files.createDirectory(at: output, withIntermediateDirectories: true)
        for name in try files.contentsOfDirectory(atPath: output.path) where sources[name] == nil {
            try files.removeItem(at: output.appendingPathComponent(name))
        }
        for (name, source) in sources {
            try Data(source.utf8).write(to: output.appendingPathComponent(name))
        }
    }

    private static func find(_ name: String, in folders: [URL]) throws -> URL {
        for folder in folders {
            let file = folder.appendingPathComponent("\(name).json")
            if FileManager.default.fileExists(atPath: file.path) { return file }
        }
        throw GeneratorError("no definition of \(name)")
    }

    /// The keys of all requests of all folders.
    private static func keys(in folders: [URL]) throws -> [(number: Int16, name: String)] {
        var names: [Int16: String] = [:]
        for folder in folders {
            for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            where file.hasSuffix("Request.json") {
                let definition = try Definition.read(folder.appendingPathComponent(file))
                guard let key = definition.apiKey, names[key] == nil else { continue }
                names[key] = String(definition.name.dropLast("Request".count))
            }
        }
        return names.sorted { $0.key < $1.key }.map { (number: $0.key, name: $0.value) }
    }
}
