import Foundation
import RealHosts
import Testing

extension `Real hosts` {
    /// `gantry image`: made on a host, and given by it to the others.
    @Suite(.clearedFleet)
    struct `Images that are made and given on` {
        private static let image = "gantry/kafka:made"

        private struct ListDocument: Decodable {
            struct Host: Decodable {
                var host: String
                var state: String
                var digest: String?
            }
            var source: String
            var hosts: [Host]
        }

        private struct DistributionDocument: Decodable {
            struct Host: Decodable {
                var subject: String
                var result: String
                var detail: String
            }
            var result: String
            var hosts: [Host]
        }

        @Test func `a host that has the image gives it to the others, and nothing of that stays behind`() async throws {
            let fleet = try RealFleet()
            try await fleet.with(
                {},
                mendedBy: {
                    try await fleet.control("fault", "heal", "1")
                    for number in 1...3 {
                        _ = try await fleet.output(number, "docker rmi -f \(Self.image) 2>/dev/null; true")
                    }
                }
            ) {
                try await Gantry.with(Gantry.Settings(cluster: "made", brokers: 1), on: fleet) { gantry in
                    let base = try await gantry.run(
                        "image", "distribute", fleet.addresses[0], "--yes", deadline: .seconds(300))
                    try #require(base.status == 0, "\(base.stderr)")
                    try await make(gantry, fleet)
                    try await giveOn(gantry, fleet)
                    // Where hosts do not reach each other, the techhost carries it.
                    for number in 2...3 { _ = try await fleet.output(number, "docker rmi -f \(Self.image)") }
                    try await fleet.control("fault", "peers", "1")
                    try await giveOn(gantry, fleet)
                }
            }
        }

        /// Makes an image on the first host, under a name that nobody has.
        private func make(_ gantry: Gantry, _ fleet: RealFleet) async throws {
            try gantry.write("k/Dockerfile", "FROM \(Gantry.image)\nLABEL made=here\n")
            let text = Gantry.Settings(cluster: "made", brokers: 1, image: Self.image).text(fleet)
            try gantry.write(
                "defaults.cfg",
                text.split(separator: "\n").filter { !$0.contains("image_archive") }.joined(separator: "\n") + "\n")
            let answer = try await gantry.run(
                "image", "build", fleet.addresses[0], "--yes", "--format", "json", deadline: .seconds(300))
            #expect(answer.status == 0, "\(answer.stderr)")
            let listed = try await gantry.run("image", "list", "--format", "json")
            #expect(listed.status == 1)
            let document = try listed.document(as: ListDocument.self)
            #expect(document.source == "hosts")
            #expect(document.hosts.map(\.state) == ["present", "absent", "absent"])
        }

        /// The first host's image comes to the others.
        private func giveOn(_ gantry: Gantry, _ fleet: RealFleet) async throws {
            let answer = try await gantry.run(
                "image", "distribute", "--yes", "--format", "json", deadline: .seconds(300))
            #expect(answer.status == 0, "\(answer.stderr)")
            let document = try answer.document(as: DistributionDocument.self)
            #expect(document.hosts.map(\.result) == ["unchanged", "done", "done"])
            #expect(document.hosts.dropFirst().allSatisfy { $0.detail.contains("from \(fleet.addresses[0])") })
            var digests: Set<String> = []
            for number in 1...3 {
                digests.insert(try await fleet.output(number, "docker image inspect --format '{{.Id}}' \(Self.image)"))
                let left = try await fleet.output(number, "pgrep -fc '^perl -e' || true")
                #expect(left == "0", "host \(number) still has a perl")
            }
            #expect(digests.count == 1)
        }
    }
}
