import DockerEngine
import FleetModel
import Observation
import Operations
import Processes
import SecureShell

/// Images, over each host's Docker and the techhost's own.
extension DockerHosts {
    /// Asking the techhost's own Docker.
    private static let lookDeadline: Duration = .seconds(10)

    func image(_ reference: String, on host: HostName) async throws(HostProblem) -> ImageObservation? {
        try await ask(host) { engine throws(DockerError) in
            do throws(DockerError) {
                let found = try await engine.inspect(image: ImageReference(reference))
                let digests = found.repoDigests.compactMap { $0.split(separator: "@").last.map(String.init) }
                return ImageObservation(
                    id: found.id.rawValue, architecture: found.architecture,
                    registryDigests: digests.isEmpty ? nil : digests)
            } catch {
                if error.kind == .notFound(.image) { return nil }
                throw error
            }
        }
    }

    func imageOffer(
        _ reference: String, archive: String?, asking host: HostName?
    ) async throws(HostProblem) -> ImageOffer {
        if let archive {
            do throws(ImageArchive.Unreadable) {
                let digests = try await ImageArchive.digests(of: reference, in: archive)
                return ImageOffer(
                    source: .archive, digests: digests,
                    defect: digests.isEmpty
                        ? HostProblem(
                            code: "image-missing", unreachable: false,
                            reason: "the archive \(archive) does not contain \(reference)",
                            remedy: "set cluster.image to a name that it holds (tar -xOf … manifest.json shows them)")
                        : nil)
            } catch {
                return ImageOffer(
                    source: .archive, digests: [],
                    defect: HostProblem(
                        code: "image-archive-unreadable", unreachable: false,
                        reason: "the archive \(archive) can't be read: \(error.reason)",
                        remedy: "docker save \(reference) | gzip > \(archive), or name another file in image_archive"))
            }
        }
        if registry != nil {
            guard let host else { return ImageOffer(source: .registry, digests: []) }
            do throws(HostProblem) {
                return ImageOffer(source: .registry, digests: [try await registryDigest(reference, asking: host)])
            } catch {
                return ImageOffer(source: .registry, digests: [], defect: error)
            }
        }
        if let id = await Self.ownImage(reference) { return ImageOffer(source: .techhost, digests: [id]) }
        return ImageOffer(source: .registry, digests: [])
    }

    /// The digest of an image in the techhost's own Docker; nil without either.
    static func ownImage(_ reference: String) async -> String? {
        let found = try? await Process.run(
            "docker", ["image", "inspect", "--format", "{{.Id}}", "--", reference], deadline: lookDeadline)
        return found?.exit.isSuccess == true ? found?.stdout.trimmed : nil
    }

    func bringImage(
        _ reference: String, from origin: ImageOrigin, archive: String?, to host: HostName,
        progress: @escaping @Sendable (String) async -> Void
    ) async throws(HostProblem) {
        // Through ssh itself, not the forwarded socket: so it is one stream, without the Engine API's buffering.
        let transfer = ImageTransfer(
            remote: try directory.remote(host), host: host, image: reference, commands: directory.commands)
        if case .host(let peer) = origin {
            return try await bring(reference, from: peer, transfer, progress: progress)
        }
        if let archive { return try await transfer.bring(from: .archive(archive), progress: progress) }
        if let registry { return try await pull(reference, registry, to: host, progress: progress) }
        try await transfer.bring(
            from: await Self.ownImage(reference) == nil ? .registry : .techhost, progress: progress)
    }

    /// From one host to the other; through the techhost where the two do not reach each other.
    private func bring(
        _ reference: String, from peer: HostName, _ transfer: ImageTransfer,
        progress: @escaping @Sendable (String) async -> Void
    ) async throws(HostProblem) {
        let other = try directory.remote(peer)
        let (result, reason) = try await PeerTransfer(
            giving: ImageTransfer.save(reference), taking: ["docker", "load", "--quiet"], from: peer,
            address: directory.address(peer), source: other,
            to: transfer.host, target: transfer.remote
        ).run()
        guard let result else {
            await progress("\(transfer.host) gets it from \(peer) through the techhost: \(reason)")
            return try await transfer.bring(from: .host(peer, other), progress: progress)
        }
        guard result.isSuccess else { throw transfer.failure(result, .host(peer, other)) }
    }

    /// By the host's own Docker, which gets the login in a header: it stands in no command line and in no file there.
    private func pull(
        _ reference: String, _ registry: RegistrySettings, to host: HostName,
        progress: @escaping @Sendable (String) async -> Void
    ) async throws(HostProblem) {
        let login = try login(registry, for: reference)
        await progress("\(host) pulls it from \(login?.server ?? registry.server(of: reference))")
        do throws(HostProblem) {
            try await ask(host, again: false) { engine throws(DockerError) in
                try await engine.pull(ImageReference(reference), login: login)
            }
        } catch {
            throw Self.registryProblem(error, reference, registry, host)
        }
    }

    /// The digest under which `cluster.registry` has the image, as a host's Docker is told.
    private func registryDigest(_ reference: String, asking host: HostName) async throws(HostProblem) -> String {
        let login = try registry.flatMap { settings throws(HostProblem) in try self.login(settings, for: reference) }
        do throws(HostProblem) {
            return try await ask(host) { engine throws(DockerError) in
                try await engine.registryDigest(of: ImageReference(reference), login: login)
            }
        } catch {
            throw Self.registryProblem(error, reference, registry, host)
        }
    }

    /// What a registry's refusal means, in the words of defaults.cfg.
    private static func registryProblem(
        _ error: HostProblem, _ reference: String, _ registry: RegistrySettings?, _ host: HostName
    ) -> HostProblem {
        guard ["docker-failed", "image-missing", "not-found"].contains(error.code) else { return error }
        let server = (registry ?? RegistrySettings()).server(of: reference)
        let words = error.reason.lowercased()
        if words.contains("unauthorized") || words.contains("denied") || words.contains("no basic auth") {
            return HostProblem(
                code: "registry-login", unreachable: false,
                reason: registry?.user.map { "\(server) refuses the login of \($0)" }
                    ?? "\(server) wants a login for \(reference)",
                remedy: "correct user and password_file of cluster.registry", evidence: [error.reason])
        }
        return HostProblem(
            code: "image-pull-failed", unreachable: false,
            reason: "\(host) can't have \(reference) from \(server): \(error.reason)",
            remedy: "check cluster.registry and cluster.image, and that \(host) reaches the registry")
    }

    private func login(_ registry: RegistrySettings, for reference: String) throws(HostProblem) -> RegistryLogin? {
        guard let user = registry.user, let file = registry.passwordFile else { return nil }
        do throws(ProcessError) {
            return RegistryLogin(
                user: user, password: try SecretFile.line(file), server: registry.server(of: reference))
        } catch {
            throw HostProblem(
                code: "registry-password", unreachable: false, reason: "\(error.subject): \(error.reason)",
                remedy: error.remedy.isEmpty ? "correct cluster.registry.password_file" : error.remedy)
        }
    }

    func techhostBuilds() async -> Bool {
        let found = try? await Process.run(
            "docker", ["version", "--format", "{{.Server.Version}}"], deadline: Self.lookDeadline)
        return found?.exit.isSuccess == true
    }

    func buildImage(
        _ order: ImageBuild, progress: @escaping @Sendable (String) async -> Void
    ) async throws(HostProblem) -> ImageObservation {
        let remote: any RemoteHost
        if let host = order.host { remote = try directory.remote(host) } else { remote = LocalShell(name: "techhost") }
        return try await ImageBuilder(remote: remote, order: order).build(progress)
    }
}
