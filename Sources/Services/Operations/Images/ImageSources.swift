public import FleetModel

/// Where a host gets an image from.
public enum ImageOrigin: Hashable, Sendable {
    /// What the techhost has of it: an archive or its own Docker; without either, a pull by the host.
    case techhost
    /// Another virtual host that has it.
    case host(HostName)

    /// For people: `the techhost`, `10.0.0.11`.
    public var name: String {
        switch self {
        case .techhost: "the techhost"
        case .host(let host): host.rawValue
        }
    }
}

/// Who gives an image to whom next, when many hosts lack it: a pure value.
///
/// The techhost gives it to a few, each of which then gives it to a few: with three streams each, the hosts that have it
/// quadruple in the time of one transfer. Of few hosts the techhost serves all at once, since a stream of its own each is
/// the shortest way.
struct ImageSources: Sendable {
    /// Streams of one origin at once: what a network link carries of what as many Dockers unpack.
    static let width = 3
    /// Up to so many hosts the techhost serves directly.
    static let few = 6

    /// Streams that the techhost may have at once.
    private let techhostWidth: Int
    /// Whether the techhost has nothing to give that would be better than what a host has.
    private let prefersHosts: Bool
    private var busy: [ImageOrigin: Int] = [:]
    /// Hosts that have the image, in the order in which that was seen.
    private var holders: [HostName] = []

    /// For so many hosts that will ask.
    init(hosts: Int, prefersHosts: Bool = false) {
        techhostWidth = hosts <= Self.few ? Int.max : Self.width
        self.prefersHosts = prefersHosts
    }

    /// A host has it, from wherever.
    mutating func holds(_ host: HostName) {
        if !holders.contains(host) { holders.append(host) }
    }

    /// What a host that wants it is told.
    enum Answer: Hashable {
        /// Take it from there; a stream of that origin is taken.
        case from(ImageOrigin)
        /// All that could give it are busy.
        case wait
        /// Nobody is left who could give it.
        case nobody
    }

    /// An origin with a free stream for `host`: the one that serves fewest, the techhost before others.
    mutating func take(for host: HostName, except refused: Set<ImageOrigin>) -> Answer {
        let hosts = holders.filter { $0 != host }.map(ImageOrigin.host)
        let origins = (prefersHosts && !hosts.isEmpty ? hosts + [.techhost] : [.techhost] + hosts)
            .filter { !refused.contains($0) }
        guard !origins.isEmpty else { return .nobody }
        // A techhost that has nothing is the last resort, not one more source.
        let usable = prefersHosts && origins.contains { $0 != .techhost } ? origins.filter { $0 != .techhost } : origins
        let free = usable.filter { busy[$0, default: 0] < width(of: $0) }
        guard let least = free.enumerated().min(by: { (load($0.element), $0.offset) < (load($1.element), $1.offset) })
        else { return .wait }
        busy[least.element, default: 0] += 1
        return .from(least.element)
    }

    /// A stream has ended.
    mutating func ended(_ origin: ImageOrigin) { busy[origin, default: 1] -= 1 }

    private func width(of origin: ImageOrigin) -> Int { origin == .techhost ? techhostWidth : Self.width }

    /// Few hosts are all the techhost's, however many of them have the image by then.
    private func load(_ origin: ImageOrigin) -> Int {
        origin == .techhost && techhostWidth == .max ? 0 : busy[origin, default: 0]
    }
}
