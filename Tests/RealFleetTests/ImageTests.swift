import Foundation
import Processes
import RealHosts
import Testing

extension `Real hosts` {
    /// Each ends a bootstrap with exit 2 before a node runs, and says what to do about the image.
    @Suite(.clearedFleet)
    struct `Images that do not serve` {
        private static let cluster = "spoiled"
        private static let image = "gantry/spoiled:1"

        /// Bootstraps one host with an archive and expects one failure.
        private func failure(
            archive: String, image: String = Self.image, on fleet: RealFleet, code: String,
            at location: SourceLocation = #_sourceLocation
        ) async throws -> OperationDocument.Failure {
            let settings = Gantry.Settings(
                cluster: Self.cluster, hosts: [1], brokers: 1, image: image, archive: archive, kafka: [:])
            return try await fleet.with(
                {},
                mendedBy: {
                    _ = try await fleet.output(1, "docker rmi -f \(Self.image) 2>/dev/null; true")
                    try await fleet.clear()
                }
            ) {
                try await Gantry.with(settings, on: fleet) { gantry in
                    let answer = try await gantry.run("bootstrap", "--yes", "--format", "json", deadline: .seconds(300))
                    #expect(answer.status == 2, "\(answer.stderr)", sourceLocation: location)
                    let document = try answer.document(as: OperationDocument.self)
                    #expect(document.result == "failed", sourceLocation: location)
                    #expect(
                        Set(document.failures.map(\.code)) == [code], "\(document.failures)", sourceLocation: location)
                    #expect(document.hosts.map(\.result) == ["failed"], sourceLocation: location)
                    #expect(try await fleet.containers(of: Self.cluster).isEmpty, sourceLocation: location)
                    let failure = try #require(document.failures.first, sourceLocation: location)
                    #expect(!failure.remedy.isEmpty, sourceLocation: location)
                    return failure
                }
            }
        }

        @Test func `an archive without the image`() async throws {
            let fleet = try RealFleet()
            let failure = try await failure(
                archive: fleet.imageArchive, image: "gantry/absent:1", on: fleet, code: "image-missing")
            #expect(failure.reason.contains("does not contain gantry/absent:1"))
            #expect(failure.remedy.contains("cluster.image"))
        }

        @Test func `a file that is no archive`() async throws {
            let fleet = try RealFleet()
            try await withDirectory { directory in
                try Data(String(repeating: "no archive\n", count: 1000).utf8).write(
                    to: URL(filePath: "\(directory)/image.tar"))
                let failure = try await failure(
                    archive: "\(directory)/image.tar", on: fleet, code: "image-load-failed")
                #expect(failure.remedy.contains("manifest.json"))
                #expect(!failure.evidence.isEmpty)
            }
        }

        @Test func `an image of another architecture`() async throws {
            let fleet = try RealFleet()
            try await withDirectory { directory in
                let failure = try await failure(
                    archive: emptyImage(for: "s390x", in: directory), on: fleet, code: "architecture")
                #expect(failure.reason.contains("s390x"))
            }
        }

        @Test func `an image without Kafka`() async throws {
            let fleet = try RealFleet()
            let machine = try await fleet.output(1, "docker info --format '{{.Architecture}}'")
            let architecture = ["x86_64": "amd64", "aarch64": "arm64"][machine] ?? machine
            try await withDirectory { directory in
                let failure = try await failure(
                    archive: emptyImage(for: architecture, in: directory), on: fleet, code: "image-without-kafka")
                #expect(failure.reason.contains("/opt/kafka"))
                #expect(failure.remedy.contains("k/Dockerfile"))
            }
        }

        /// A `docker save` archive of an image with nothing in it.
        private func emptyImage(for architecture: String, in directory: String) async throws -> String {
            // the digest of an empty tar: 10,240 zeros
            let layer = "84ff92691f909a05b224e1c56abb4864f01b4f8e3c854e4bb4c7baf1d3f6d652"
            let configuration = """
                {"architecture":"\(architecture)","os":"linux","config":{},
                 "rootfs":{"type":"layers","diff_ids":["sha256:\(layer)"]}}
                """
            let manifest = #"[{"Config":"config.json","RepoTags":["\#(Self.image)"],"Layers":["layer.tar"]}]"#
            let files = [
                "config.json": Data(configuration.utf8), "manifest.json": Data(manifest.utf8),
                "layer.tar": Data(repeating: 0, count: 10_240),
            ]
            for (name, data) in files { try data.write(to: URL(filePath: "\(directory)/\(name)")) }
            let packed = try await Processes.Process.run(
                "tar", ["-C", directory, "-cf", "\(directory)/image.tar"] + files.keys.sorted(),
                deadline: .seconds(30))
            try #require(packed.exit.isSuccess, "\(packed.stderr)")
            return "\(directory)/image.tar"
        }

        private func withDirectory(_ body: (String) async throws -> Void) async throws {
            let path = FileManager.default.temporaryDirectory.appending(path: "image-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: path) }
            try await body(path)
        }
    }
}
