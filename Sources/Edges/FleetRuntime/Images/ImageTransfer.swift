import FleetModel
import Observation
import Processes
import SecureShell

/// Brings an image to a host: from an archive on the techhost, from the techhost's Docker, by a pull there, or from another
/// host that has it.
struct ImageTransfer: Sendable {
    /// A gigabyte over a slow line.
    static let deadline: Duration = .seconds(3600)
    private static let evidenceLines = 10

    let remote: any RemoteHost
    let host: HostName
    let image: String
    /// How operators run what a remedy names.
    let commands: HostCommands

    /// Where the image comes from.
    enum Source {
        /// A `docker save` file, compressed or not: docker load reads gzip, bzip2 and xz itself.
        case archive(String)
        /// The techhost's own Docker.
        case techhost
        /// The registry that the image's name says, as the host reaches it.
        case registry
        /// Another host, through the techhost.
        case host(HostName, any RemoteHost)
    }

    /// What writes an image as one compressed stream, where there is a Docker that has it. It gives way to brokers.
    static func save(_ image: String) -> [String] {
        ["/bin/sh", "-c", #"docker save -- "$1" | nice -n 10 gzip -1c"#, "sh", image]
    }

    /// Brings it. What came over half the way is not loaded: Docker takes an image whole or not at all.
    func bring(
        from source: Source, progress: @escaping @Sendable (String) async -> Void
    ) async throws(HostProblem) {
        let result: RemoteResult
        do throws(SSHError) {
            switch source {
            case .archive(let path):
                // zstd is unpacked here: Docker 20.10 does not read it.
                let programs = path.hasSuffix(".zst") ? [Invocation("zstd", ["-dc"])] : []
                result = try await load(LocalSource(file: path, through: programs), progress)
            case .techhost:
                result = try await load(
                    LocalSource(programs: [
                        Invocation("docker", ["save", "--", image]), Invocation("gzip", ["-1c"]),
                    ]), progress)
            case .host(_, let other):
                let program = try await other.program(writing: RemoteCommand(Self.save(image), asRoot: true))
                result = try await load(LocalSource(programs: [program]), progress)
            case .registry:
                await progress("\(host) pulls it from its registry")
                result = try await remote.run(
                    ["docker", "pull", "--quiet", "--", image], asRoot: true, deadline: Self.deadline)
            }
        } catch {
            throw HostProblem(error)
        }
        guard result.isSuccess else { throw failure(result, source) }
    }

    private func load(
        _ source: LocalSource, _ progress: @escaping @Sendable (String) async -> Void
    ) async throws(SSHError) -> RemoteResult {
        var said = ContinuousClock.now
        return try await remote.pipe(
            source, into: RemoteCommand(["docker", "load", "--quiet"], asRoot: true, deadline: Self.deadline)
        ) { bytes in
            // The journal keeps these lines: one in ten seconds is enough to see that it goes on.
            guard ContinuousClock.now - said > .seconds(10) else { return }
            said = .now
            await progress("\(ByteCount(bytes)) sent to \(host) so far")
        }
    }

    /// Why a load or pull failed, from its last words.
    func failure(_ result: RemoteResult, _ source: Source) -> HostProblem {
        let lines = (result.stderr.text + result.stdout.text).split(separator: "\n").suffix(Self.evidenceLines)
        let text = lines.joined(separator: " ")
        if text.contains("no space left on device") {
            return HostProblem(
                code: "no-room", unreachable: false, reason: "Docker's disk on \(host) is full",
                remedy: "\(commands.line("docker system df", on: host)) shows by what", evidence: lines.map(String.init)
            )
        }
        switch source {
        case .registry:
            return HostProblem(
                code: "image-pull-failed", unreachable: false,
                reason: "\(host) lacks \(image), the techhost has no archive of it, and the pull failed",
                remedy: "set cluster.image_archive to a `docker save` file, or build the image: gantry image build",
                evidence: lines.map(String.init))
        case .archive, .techhost:
            return HostProblem(
                code: "image-load-failed", unreachable: false,
                reason: "docker load on \(host) ended with exit code \(result.exitCode)",
                remedy: "check the archive: tar -tf lists a manifest.json", evidence: lines.map(String.init))
        case .host(let other, _):
            return HostProblem(
                code: "image-load-failed", unreachable: false,
                reason: "docker load on \(host) of what \(other) sends ended with exit code \(result.exitCode)",
                remedy: "\(commands.line("docker save \(image) | gzip -t", on: other)) shows whether it can be sent",
                evidence: lines.map(String.init))
        }
    }
}
