public import FleetModel
import Observation
public import OperationModel

/// Places rendered files on a host: the Compose file and the properties of nodes that have no container yet.
public struct PlaceFiles: HostStep {
    /// Names the type in plans.
    public static let kind = "place-files"
    /// The host.
    public var target: HostName
    /// The files.
    public var files: [TextFile]

    /// Places `files` on `target`.
    public init(target: HostName, files: [TextFile]) { (self.target, self.files) = (target, files) }

    /// One line for people.
    public var title: String { "place \(counted(files.count, "file")) on \(target)" }

    /// Whether all of them lie there already.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        do {
            let differing = try await context.world.hosts.differing(files.map(\.file), on: target)
            return differing.isEmpty ? .satisfied(nil) : .needed
        } catch {
            throw context.failure(error, what: "comparing files", object: subject)
        }
    }

    /// Places those that differ, each atomically.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        do {
            return counted(try await context.world.hosts.place(files.map(\.file), on: target).count, "file")
        } catch {
            throw context.failure(error, what: "placing files", object: subject)
        }
    }
}

/// A text file in a plan.
public struct TextFile: Hashable, Sendable, Codable {
    /// Absolute path on the host.
    public var path: String
    /// Its text, UTF-8.
    public var text: String
    /// Permission bits.
    public var mode: UInt16

    /// The file that `file` describes.
    public init(_ file: FileToPlace) {
        self.path = file.path
        self.text = String(decoding: file.contents, as: UTF8.self)
        self.mode = file.mode
    }

    /// As the host's port takes it.
    public var file: FileToPlace { FileToPlace(path: path, contents: Array(text.utf8), mode: mode) }
}
