import FleetModel
import Observation
import Operations
import Processes
import SecureShell

/// Makes an image by `docker build`, on the techhost or on a host, from a directory of the techhost.
struct ImageBuilder: Sendable {
    /// A base image over a slow line, and whatever the steps do.
    private static let deadline: Duration = .seconds(7200)
    private static let evidenceLines = 12

    let remote: any RemoteHost
    let order: ImageBuild

    private var place: String { order.host?.rawValue ?? "the techhost" }

    /// Builds it; the directory travels as one tar stream, so that the builder needs nothing of it before.
    func build(_ progress: @escaping @Sendable (String) async -> Void) async throws(HostProblem) -> ImageObservation {
        let leftOut = order.leftOut.map { "--exclude=./\($0)" }
        let context = LocalSource(programs: [
            Invocation("tar", ["-C", order.directory, "--anchored"] + leftOut + ["-cf", "-", "."])
        ])
        let network = order.hasNetwork ? [] : ["--network", "none"]
        let result: RemoteResult
        do throws(SSHError) {
            result = try await remote.run(
                RemoteCommand(
                    ["docker", "build", "--tag", order.reference, "--file", order.file] + network + ["-"], asRoot: true,
                    deadline: Self.deadline),
                source: context, outputLines: { line in await progress(line) },
                errorLines: { line in if Self.isStep(line) { await progress(line) } }, progress: nil)
        } catch {
            guard error.code != .commandMissing else { throw noDocker }
            throw HostProblem(error)
        }
        guard result.isSuccess else { throw failure(result) }
        return try await look()
    }

    /// BuildKit tells its steps on standard error.
    private static func isStep(_ line: String) -> Bool { line.hasPrefix("#") || line.hasPrefix("Step ") }

    private func look() async throws(HostProblem) -> ImageObservation {
        let found: RemoteResult
        do throws(SSHError) {
            found = try await remote.run(
                ["docker", "image", "inspect", "--format", "{{.Id}} {{.Architecture}}", "--", order.reference],
                asRoot: true)
        } catch { throw HostProblem(error) }
        let words = found.stdout.text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard found.isSuccess, words.count == 2 else {
            throw HostProblem(
                code: "image-missing", unreachable: false,
                reason: "the build ended well, and there is no \(order.reference) on \(place)",
                remedy: "see that its builder loads what it builds into Docker (docker buildx ls)")
        }
        return ImageObservation(id: words[0], architecture: words[1])
    }

    private var noDocker: HostProblem {
        HostProblem(
            code: "no-docker", unreachable: false, reason: "there is no docker on \(place)",
            remedy: "name a host that has one: gantry image build HOST")
    }

    private func failure(_ result: RemoteResult) -> HostProblem {
        let lines = (result.stdout.text + result.stderr.text).split(separator: "\n").suffix(Self.evidenceLines)
            .map(String.init)
        let words = lines.joined(separator: " ")
        if words.contains("Cannot connect to the Docker daemon") {
            return HostProblem(
                code: "docker-down", unreachable: false, reason: "Docker does not run on \(place)",
                remedy: "start it, or name another host: gantry image build HOST", evidence: lines)
        }
        if words.contains("no space left on device") {
            return HostProblem(
                code: "no-room", unreachable: false, reason: "Docker's disk on \(place) is full",
                remedy: "docker system df shows by what", evidence: lines)
        }
        let isBaseMissing = ["pull access denied", "manifest unknown", "/v2/", "failed to resolve source metadata"]
            .contains { words.contains($0) }
        if isBaseMissing {
            return HostProblem(
                code: "image-base-missing", unreachable: false,
                reason: "the image that \(order.file) begins with is not in Docker on \(place), and can't be pulled",
                remedy: "bring it there (docker save … | ssh … docker load), or name another one in FROM",
                evidence: lines)
        }
        return HostProblem(
            code: "image-build-failed", unreachable: false,
            reason: "docker build of \(order.file) on \(place) ended with exit code \(result.exitCode): "
                + (lines.last { !$0.isEmpty } ?? ""),
            remedy: "mend \(order.directory)/\(order.file), and build again", evidence: lines)
    }
}
