import Foundation
import MetricsEndpoint
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

struct MetricsEndpointTests {
    private func get(_ port: UInt16, _ path: String, method: String = "GET") async throws -> (Int, String, String) {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
        request.httpMethod = method
        let (data, response) = try await URLSession.shared.data(for: request)
        let http = try #require(response as? HTTPURLResponse)
        return (
            http.statusCode, http.value(forHTTPHeaderField: "Content-Type") ?? "", String(decoding: data, as: UTF8.self)
        )
    }

    @Test func `a page is made for each request, with its status and its type`() async throws {
        let endpoint = try MetricsEndpoint(host: "127.0.0.1", port: 0) { path in
            path == "/metrics"
                ? .init(type: .metrics, body: "up 1\n") : .init(status: 404, body: "no \(path)")
        }
        #expect(try await get(endpoint.port, "/metrics") == (200, "text/plain; version=0.0.4; charset=utf-8", "up 1\n"))
        #expect(try await get(endpoint.port, "/other") == (404, "text/plain; charset=utf-8", "no /other"))
        #expect(try await get(endpoint.port, "/metrics", method: "POST").0 == 405)
    }

    @Test func `an address that is taken is said, and free again when the endpoint is gone`() throws {
        var endpoint: MetricsEndpoint? = try MetricsEndpoint(host: "127.0.0.1", port: 0) { _ in .init(body: "") }
        let port = try #require(endpoint?.port)
        let failure = #expect(throws: MetricsEndpoint.Failure.self) {
            _ = try MetricsEndpoint(host: "127.0.0.1", port: port) { _ in .init(body: "") }
        }
        #expect(failure?.description == "127.0.0.1:\(port): Address already in use")
        endpoint = nil
        #expect(throws: Never.self) { _ = try MetricsEndpoint(host: "127.0.0.1", port: port) { _ in .init(body: "") } }
    }

    @Test func `a name that is none is said`() {
        #expect(throws: MetricsEndpoint.Failure.self) {
            _ = try MetricsEndpoint(host: "no.such.name.invalid", port: 0) { _ in .init(body: "") }
        }
    }
}
