import FleetModel
import Foundation
import OperationModel
import Testing

@testable import OperationJournal

/// Calls `body` with a directory that is gone afterwards.
func inDirectory(_ body: (String) async throws -> Void) async throws {
    let directory = NSTemporaryDirectory() + "gantry-journal-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try await body(directory)
}

/// The values that these tests share, in their own process and in the ones they start.
enum Sample {
    static let now = Timestamp(milliseconds: 1_000_000)
    static let id = OperationID(createdAt: now, salt: 7)

    static var cluster: ClusterName {
        get throws { try #require(ClusterName(rawValue: "orders")) }
    }

    static var plan: OperationPlan {
        get throws {
            OperationPlan(
                command: "bootstrap", arguments: [], cluster: try cluster,
                clusterID: try #require(ClusterID(rawValue: "abc")), steps: [], failurePolicy: .stop)
        }
    }

    static func holder(_ pid: Int32) -> Holder {
        Holder(techhost: "t", pid: pid, bootID: "b", startTicks: 5, user: "root")
    }

    static func lease(_ journal: OperationJournal) throws -> Lease {
        try journal.acquireLease(cluster: try cluster, operation: id, holder: holder(1), replacing: nil, at: now)
    }
}
