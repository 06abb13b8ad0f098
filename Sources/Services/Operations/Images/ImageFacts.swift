public import FleetModel
public import Observation

/// An image on a host.
public struct ImageObservation: Hashable, Sendable, Codable {
    /// Its digest.
    public var id: String
    /// As Docker says it: `amd64`.
    public var architecture: String
    /// The digests under which registries have it; nil: none.
    public var registryDigests: [String]?

    /// An image of these facts.
    public init(id: String, architecture: String, registryDigests: [String]? = nil) {
        (self.id, self.architecture, self.registryDigests) = (id, architecture, registryDigests)
    }

    /// Whether it is one of these: a host that keeps images by containerd calls the same image by another digest than one
    /// that does not, and an archive and a registry know it by both.
    public func isOne(of digests: some Sequence<String>) -> Bool {
        digests.contains { $0 == id || registryDigests?.contains($0) == true }
    }
}

/// What the techhost has to give of an image.
public struct ImageOffer: Hashable, Sendable {
    /// Where it would come from.
    public enum Source: String, Hashable, Sendable {
        /// The `docker save` file that `cluster.image_archive` names.
        case archive
        /// The techhost's own Docker.
        case techhost
        /// The registry of the image's name, which each host asks for itself.
        case registry
    }

    /// Where it would come from.
    public var source: Source
    /// The digests that it may have on a host, once it is there; empty where that is not known.
    public var digests: [String]
    /// Why they are not known, where that is a defect.
    public var defect: HostProblem?

    /// An offer of these parts.
    public init(source: Source, digests: [String], defect: HostProblem? = nil) {
        (self.source, self.digests, self.defect) = (source, digests, defect)
    }
}

/// An image to make.
public struct ImageBuild: Hashable, Sendable {
    /// What it is called.
    public var reference: String
    /// The absolute path of the directory that is sent to the builder.
    public var directory: String
    /// The build's file within it.
    public var file: String
    /// Names within the directory that are not sent: archives of images.
    public var leftOut: [String]
    /// Whether its steps may use a network.
    public var hasNetwork: Bool
    /// The host whose Docker makes it; nil: the techhost's own.
    public var host: HostName?

    /// A build of these parts.
    public init(
        reference: String, directory: String, file: String, leftOut: [String] = [], hasNetwork: Bool = true,
        host: HostName? = nil
    ) {
        self.reference = reference
        self.directory = directory
        self.file = file
        self.leftOut = leftOut
        self.hasNetwork = hasNetwork
        self.host = host
    }
}
