public import FleetConfiguration
public import FleetModel
import HealthRules
public import Observation
import Operations
import OperationModel

/// Which host has which image of the cluster's, and which of them is meant.
public struct ImageLook: Sendable {
    /// Who says which digest is meant.
    public enum Authority: String, Sendable {
        /// The archive of `cluster.image_archive`.
        case archive
        /// The techhost's own Docker.
        case techhost
        /// The registry of `cluster.registry`.
        case registry
        /// The hosts, which all have the same, or the one that was named.
        case hosts
        /// Nobody: it can't be had, or hosts have different ones.
        case none
    }

    /// `cluster.image`.
    public var image: String
    /// Who says which digest is meant.
    public var authority: Authority
    /// The digests that it may have on a host; empty where nobody says.
    public var digests: [String]
    /// Why nobody says, where that is a defect.
    public var defect: HostProblem?
    /// The hosts that were asked for, in their order.
    public var hosts: [HostImage]
}

/// The image of one host, and what its nodes run.
public struct HostImage: Sendable {
    /// How it stands.
    public enum State: String, Sendable {
        /// It has the one that is meant.
        case present
        /// It has another one of that name.
        case other
        /// It has none of that name.
        case absent
        /// It did not tell.
        case unknown
    }

    /// A node and the image that its container was made from.
    public struct Node: Sendable {
        /// The node.
        public var id: NodeID
        /// Its role.
        public var role: NodeRole?
        /// The image's digest.
        public var digest: String
        /// Whether it is the one that the host has under the name now.
        public var isCurrent: Bool
    }

    /// The host.
    public var host: HostName
    /// How it stands.
    public var state: State
    /// The digest of what it has under the name.
    public var digest: String?
    /// Its processor, as Docker says it.
    public var architecture: String?
    /// Its nodes.
    public var nodes: [Node]
    /// Why it did not tell.
    public var problem: HostProblem?
}

/// An image to make, and where.
public struct PlannedImage: Sendable {
    let order: ImageBuild
    /// What it is called.
    public var reference: String { order.reference }
    /// The directory that is sent to the builder.
    public var directory: String { order.directory }
    /// The build's file within it.
    public var file: String { order.file }
    /// The host whose Docker makes it; nil: the techhost's own.
    public var host: HostName? { order.host }
}

extension FleetSession {
    /// Looks which host has which image. Changes nothing.
    /// - Parameters:
    ///   - hosts: those that are looked at.
    ///   - named: the host whose image is the one that is meant, whatever the techhost has.
    ///   - forBringing: whether only those are looked for that lack it: where all do, an archive needs not be unpacked to
    ///     say what is in it.
    /// - Returns: what they have, and what is meant.
    public func images(
        _ hosts: [HostName], as named: HostName? = nil, forBringing: Bool = false
    ) async -> ImageLook {
        let image = fleet.cluster.image
        let found = await mapBounded(hosts, width: Observer.width) { await self.hostImage($0) }
        var look = ImageLook(image: image, authority: .none, digests: [], hosts: found.map(\.seen))
        if let named {
            if let own = found.first(where: { $0.seen.host == named })?.image {
                (look.authority, look.digests) = (.hosts, [own.id])
            } else {
                look.defect = HostProblem(
                    code: "image-missing", unreachable: false, reason: "\(named) has no image \(image)",
                    remedy: "gantry image list shows which host has which")
            }
        } else if forBringing, fleet.cluster.imageArchive != nil, found.allSatisfy({ $0.image == nil }) {
            look.authority = .archive
        } else {
            await askWhatIsMeant(&look, found.compactMap(\.image))
        }
        for index in found.indices where look.hosts[index].problem == nil {
            guard let own = found[index].image else { continue }
            look.hosts[index].state = look.digests.isEmpty || own.isOne(of: look.digests) ? .present : .other
        }
        return look
    }

    private struct Found {
        var seen: HostImage
        var image: ImageObservation?
    }

    private func askWhatIsMeant(_ look: inout ImageLook, _ images: [ImageObservation]) async {
        let answering = look.hosts.first { $0.problem == nil }?.host
        do throws(HostProblem) {
            let offer = try await ports.containerControl.imageOffer(
                look.image, archive: fleet.cluster.imageArchive, asking: answering)
            look.defect = offer.defect
            if !offer.digests.isEmpty || offer.defect != nil {
                look.digests = offer.digests
                look.authority =
                    switch offer.source {
                    case _ where offer.digests.isEmpty: .none
                    case .archive: .archive
                    case .techhost: .techhost
                    case .registry: .registry
                    }
                return
            }
        } catch { look.defect = error }
        let ids = Set(images.map(\.id)).sorted()
        if ids.count == 1 {
            (look.authority, look.digests) = (.hosts, ids)
        } else if ids.count > 1 {
            look.defect = HostProblem(
                code: "image-ambiguous", unreachable: false,
                reason: "hosts have \(ids.count) different images of that name, and the techhost has none",
                remedy: "gantry image distribute --from HOST takes the one of that host")
        }
    }

    private func hostImage(_ host: HostName) async -> Found {
        var seen = HostImage(host: host, state: .unknown, nodes: [])
        do throws(HostProblem) {
            let image = try await ports.containerControl.image(fleet.cluster.image, on: host)
            let facts = try await ports.containerSource.containers(on: host)
            seen.state = image == nil ? .absent : .present
            (seen.digest, seen.architecture) = (image?.id, image?.architecture)
            seen.nodes = facts.containers.compactMap { container in
                container.node.map {
                    HostImage.Node(
                        id: $0, role: container.role, digest: container.imageID,
                        isCurrent: image.map { $0.id == container.imageID } ?? false)
                }
            }.sorted { $0.id < $1.id }
            return Found(seen: seen, image: image)
        } catch {
            seen.problem = error
            return Found(seen: seen, image: nil)
        }
    }

    /// Brings the image to hosts that lack the digest that is meant, side by side, and from each other where they are many.
    /// - Parameters:
    ///   - look: what was seen of them.
    ///   - note: is told what goes on.
    /// - Returns: how it ended on each.
    public func distribute(
        _ look: ImageLook, note: @escaping @Sendable (String) async -> Void
    ) async -> [HostOutcome] {
        let lacking = look.hosts.count { $0.state == .absent || $0.state == .other }
        // Where nobody but hosts has it, they give it to each other.
        let spread = ImageSpread(hosts: lacking, prefersHosts: look.authority == .hosts)
        for host in look.hosts where host.state == .present { await spread.holds(look.image, host.host) }
        let context = unjournaled(images: spread, note: note)
        let digests = look.digests.isEmpty ? nil : look.digests
        return await mapBounded(look.hosts, width: OperationEngine.width) { host in
            if let problem = host.problem {
                return HostOutcome(
                    host: host.host,
                    outcome: .failed(
                        context.failure(
                            problem, what: "looking for the image \(look.image)", object: "host \(host.host)")))
            }
            let step = BringImage(
                target: host.host, image: look.image, archive: fleet.cluster.imageArchive, digests: digests)
            return HostOutcome(host: host.host, outcome: await Self.carryOut(step, context))
        }
    }

    /// Makes the image from `k/`.
    /// - Parameters:
    ///   - host: whose Docker makes it; nil: the techhost's, or, where that has none, the first host's.
    ///   - airgapped: whether it is made from what lies in `k/` alone.
    ///   - directory: the fleet directory.
    /// - Returns: what is to be made, and where.
    public func imageBuild(
        on host: HostName?, airgapped: Bool, directory: FleetDirectory
    ) async -> PlannedImage {
        let context = directory.file("k")
        var leftOut: [String] = []
        if let archive = fleet.cluster.imageArchive, archive.hasPrefix(context + "/") {
            leftOut.append(String(archive.dropFirst(context.count + 1)))
        }
        var builder = host
        if builder == nil, await !ports.containerControl.techhostBuilds() { builder = fleet.hosts.first?.host }
        return PlannedImage(
            order: ImageBuild(
                reference: fleet.cluster.image, directory: context,
                file: airgapped ? "Dockerfile.airgapped" : "Dockerfile", leftOut: leftOut, hasNetwork: !airgapped,
                host: builder))
    }

    /// Makes an image.
    /// - Parameters:
    ///   - image: what is to be made, and where.
    ///   - note: is told the builder's own words.
    /// - Returns: its digest.
    /// - Throws: why it could not be made.
    public func build(
        _ image: PlannedImage, note: @escaping @Sendable (String) async -> Void
    ) async throws(HostProblem) -> String {
        try await ports.containerControl.buildImage(image.order, progress: note).id
    }
}
