import FleetModel
import Foundation
import ScriptedServer
import Testing

@testable import DockerEngine

@Suite struct `Events` {
    private func parse(_ chunks: [[UInt8]]) -> [Result<JSONValue, GarbledLine>] {
        var lines = JSONLines()
        var found: [Result<JSONValue, GarbledLine>] = []
        for chunk in chunks { found += lines.append(chunk) }
        if let last = lines.finish() { found.append(last) }
        return found
    }

    @Test func `lines are the same however they are cut`() {
        let wire = Array("{\"a\":\"\\n€\"}\r\n\n[1]\nnonsense\n{\"b\":2}".utf8)
        let whole = parse([wire])
        #expect(whole.count == 4)
        for cut in 0...wire.count { #expect(parse([Array(wire[..<cut]), Array(wire[cut...])]) == whole) }
        #expect(parse(wire.map { [$0] }) == whole)
    }

    @Test func `a line without end is one garbled line, and the next one is read`() {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: JSONLines.longestLine)
        let found = parse([long, long, Array("\n1\n".utf8)])
        #expect(found.count == 2)
        guard case .failure(let garbled) = found[0] else {
            Issue.record("the long line was taken")
            return
        }
        #expect(garbled.beginning.count == 80)
        #expect(found[1] == .success(1))
    }

    @Test(arguments: ["20.10", "28.5"])
    func `recorded events are read`(docker: String) async throws {
        try await withFakeDaemon(
            docker: docker,
            { _, connection in
                connection.startChunks()
                for byte in fixture("events.jsonl", docker: docker).utf8 { connection.sendChunk([byte]) }
                connection.sendChunk("")
            }
        ) { engine, server in
            let since = DockerTime(nanoseconds: 1_000_000_005)
            let events = try await engine.withEvents(
                since: since, until: DockerTime(nanoseconds: 2_000_000_000),
                filter: EventFilter(types: [.container], actions: [.die, .oom], labels: ["gantry.cluster=demo"])
            ) { items in
                var events: [DockerEvent] = []
                for try await item in items {
                    guard case .event(let event) = item else {
                        Issue.record("\(item)")
                        continue
                    }
                    events.append(event)
                }
                return events
            }
            let own = events.filter { $0.type == .container }
            // Newer daemons tell of the stop before the end of the process.
            let ending: [DockerEvent.Action] = docker == "20.10" ? [.die, .stop] : [.stop, .die]
            #expect(own.map(\.action) == [.create, .start, .kill] + ending + [.destroy])
            #expect(own.allSatisfy { $0.name == "demo-1" && $0.attributes["gantry.cluster"] == "demo" })
            #expect(Set(own.map(\.container)).count == 1)
            #expect(own.first { $0.action == .die }?.exitCode == 143)
            #expect(own.map(\.time) == own.map(\.time).sorted())
            #expect(events.contains { $0.type == .image })
            let query = server.calls.first?.split(separator: "?").last?.removingPercentEncoding
            #expect(
                query == "since=1.000000005&until=2.000000000&filters="
                    + #"{"event":["die","oom"],"label":["gantry.cluster=demo"],"type":["container"]}"#)
        }
    }

    @Test func `garbage between events is told and passed over`() async throws {
        let good = #"{"Type":"container","Action":"health_status: unhealthy","Actor":{"ID":"a"},"timeNano":5}"#
        try await withFakeDaemon({ _, connection in
            connection.startChunks()
            connection.sendChunk(good + "\n<html>\n{\"Type\":\"container\"}\n" + good + "\n" + good.dropLast(9))
            connection.sendChunk("")
        }) { engine, _ in
            let items = try await engine.withEvents { items in
                var all: [DockerEventItem] = []
                for try await item in items { all.append(item) }
                return all
            }
            let kinds = items.map { if case .event = $0 { "event" } else { "garbled" } }
            #expect(kinds == ["event", "garbled", "garbled", "event", "garbled"])
            guard case .event(let event) = items[0] else { return }
            #expect(event.action == .healthStatus)
            #expect(event.detail == "unhealthy")
            #expect(event.time == DockerTime(nanoseconds: 5))
        }
    }

    @Test func `a subscription that breaks off is an error and one that ends is not`() async throws {
        for ends in [true, false] {
            try await withFakeDaemon({ _, connection in
                connection.startChunks(headers: ["Connection: close"])
                if ends { connection.sendChunk("") } else { connection.hangUp() }
            }) { engine, _ in
                try await engine.withEvents { items in
                    var reader = items.makeAsyncIterator()
                    do throws(DockerError) {
                        let item = try await reader.next(isolation: nil)
                        #expect(item == nil)
                        #expect(ends)
                    } catch {
                        #expect(error.kind == .connectionLost)
                        #expect(!ends)
                    }
                }
            }
        }
    }

    @Test func `a subscription may be told to end in silence`() async throws {
        try await withFakeDaemon({ _, connection in
            connection.startChunks()
            connection.waitForPeerToLeave()
        }) { engine, _ in
            let error = await #expect(throws: DockerError.self) {
                try await engine.withEvents(silence: .milliseconds(50)) { items in for try await _ in items {} }
            }
            #expect(error?.kind == .deadline(.milliseconds(50)))
        }
    }

    @Test func `cancelling ends a subscription`() async throws {
        try await withFakeDaemon({ _, connection in
            connection.startChunks()
            connection.waitForPeerToLeave()
        }) { engine, _ in
            let begun = AsyncStream.makeStream(of: Void.self)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    let error = await #expect(throws: DockerError.self) {
                        try await engine.withEvents { items in
                            begun.continuation.yield()
                            for try await _ in items {}
                        }
                    }
                    #expect(error?.kind == .cancelled)
                }
                for await _ in begun.stream { break }
                group.cancelAll()
            }
        }
    }
}

@Suite struct `Docker's times` {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-05-01T03:00:00.5Z", 1_777_604_400_500_000_000),
        ("2026-05-01T05:00:00.123456789+02:00", 1_777_604_400_123_456_789),
        ("2024-02-29T23:59:59Z", 1_709_251_199_000_000_000), ("1969-12-31T23:59:59.999999999Z", -1),
    ])
    func `are read to the nanosecond`(text: String, nanoseconds: Int64) {
        #expect(DockerTime(text) == DockerTime(nanoseconds: nanoseconds))
    }

    @Test(arguments: [
        "", "0001-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-05-01", "2026-05-01T03:00:00", "now",
        "2026-05-01T03:00:00.Z", "2026-05-01T03:00:00.1234567890Z", "2026-05-01T03:00:00+2:00", "9999-01-01T00:00:00Z",
        "2026-05-01T03:00:00Zx", "٢٠٢٦-05-01T03:00:00Z",
    ])
    func `are nothing where there is none`(text: String) {
        #expect(DockerTime(text) == nil)
    }

    @Test func `are rounded down to milliseconds, before the epoch too`() {
        #expect(DockerTime(nanoseconds: 1_999_999).timestamp == Timestamp(milliseconds: 1))
        #expect(DockerTime(nanoseconds: -1).timestamp == Timestamp(milliseconds: -1))
        #expect(DockerTime(Timestamp(milliseconds: .max)).nanoseconds == .max)
    }
}
