import FleetModel
import Foundation
import ScriptedServer
import Testing
import Transfers

@testable import DockerEngine

@Suite struct `Private registries` {
    private static let login = RegistryLogin(
        user: "robot", password: "s3cret/?ü", server: "registry.example.com:5000")
    private static let image: ImageReference = "registry.example.com:5000/kafka:4.3.1"

    /// What the header of a request says, decoded by another implementation.
    private func header(_ request: ScriptedRequest) throws -> [String: String] {
        let value = try #require(request["x-registry-auth"])
            .replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        let data = try #require(Data(base64Encoded: value))
        return try JSONDecoder().decode([String: String].self, from: data)
    }

    @Test func `a pull carries the login in a header, and in nothing else`() async throws {
        let answer = FakeAnswer(body: #"{"status":"Pull complete","id":"a"}"# + "\n")
        try await withFakeDaemon(answering: answer) { engine, server in
            try await engine.pull(Self.image, login: Self.login)
            let request = try #require(server.requests.last)
            let said = try header(request)
            #expect(said["username"] == "robot" && said["password"] == "s3cret/?ü")
            #expect(said["serveraddress"] == "registry.example.com:5000")
            #expect(request.call.contains("fromImage=registry.example.com%3A5000%2Fkafka"))
            #expect(!request.call.contains("s3cret"))
        }
    }

    @Test func `a refused login is an error that does not tell the password`() async throws {
        let answer = FakeAnswer(
            status: "500 Internal Server Error", body: #"{"message":"unauthorized: authentication required"}"#)
        try await withFakeDaemon(answering: answer) { engine, _ in
            let error = await #expect(throws: DockerError.self) { try await engine.pull(Self.image, login: Self.login) }
            #expect(error?.description.contains("unauthorized") == true)
            #expect(error.map { "\($0) \(String(reflecting: $0))" }?.contains("s3cret") == false)
        }
    }

    @Test func `a login shows its user and its registry alone`() {
        #expect("\(Self.login)" == "robot at registry.example.com:5000")
        #expect(!String(reflecting: Self.login).contains("s3cret"))
        #expect(!"\([Self.login])".contains("s3cret"))
    }

    @Test func `the digest that a registry has is told by the daemon`() async throws {
        let answer = FakeAnswer(body: #"{"Descriptor":{"digest":"sha256:abc","size":1},"Platforms":[]}"#)
        try await withFakeDaemon(answering: answer) { engine, server in
            let digest = try await engine.registryDigest(of: Self.image, login: Self.login)
            #expect(digest == "sha256:abc")
            #expect(server.calls == ["GET /v1.51/distribution/registry.example.com:5000/kafka:4.3.1/json"])
        }
    }

    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("\u{3fb}\u{3ff}", "z7vPvw==")])
    func `base64 is that of RFC 4648`(text: String, encoded: String) {
        #expect(RegistryLogin.base64(Array(text.utf8)) == encoded)
        #expect(RegistryLogin.base64([0xfb, 0xff, 0xbf]) == "-_-_")
    }
}
