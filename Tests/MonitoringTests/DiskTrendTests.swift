import FleetModel
import HealthRules
import Testing

@testable import Monitoring

struct DiskTrendTests {
    /// Free gigabytes at each minute.
    private func trend(_ free: [Int64]) throws -> DiskTrend {
        var trend = DiskTrend()
        let host = try #require(HostName(rawValue: "10.0.0.11"))
        for (minute, gigabytes) in free.enumerated() {
            let disk = DiskObservation(path: "/d", total: ByteCount(1000 << 30), free: ByteCount(gigabytes << 30))
            trend.take([HostObservation(host: host, state: .ok, disks: [disk])], uptime: .seconds(minute * 120))
        }
        return trend
    }

    @Test func `a disk that fills within a day is warned of, within two hours it is critical`() throws {
        let slow = try trend((0..<20).map { 500 - $0 }).findings
        #expect(slow.map(\.severity) == [.warning])
        #expect(slow.first?.evidence == "/d will be full in 16 hours if it goes on like this")
        let fast = try trend((0..<20).map { 100 - $0 * 2 }).findings
        #expect(fast.map(\.severity) == [.critical])
    }

    @Test func `one that does not fall, or of which too little is known, is not`() throws {
        #expect(try trend(Array(repeating: 500, count: 60)).findings.isEmpty)
        #expect(try trend((0..<60).map { 400 + $0 }).findings.isEmpty)
        #expect(try trend([500, 400, 300]).findings.isEmpty)
    }

    @Test func `room that was made is a new beginning`() throws {
        #expect(try trend((0..<20).map { 100 - $0 * 2 } + [900, 899]).findings.isEmpty)
    }
}
