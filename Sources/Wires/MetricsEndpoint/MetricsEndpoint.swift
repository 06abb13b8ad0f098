internal import CSystem
internal import Glibc

/// A small HTTP server for a metrics page and a health check: GET and HEAD, on an address of this machine, from a thread of
/// its own. Everything about it is bounded: connections, their memory, the time that one may be silent.
public final class MetricsEndpoint: Sendable {
    /// What is answered to one request.
    public struct Page: Sendable {
        /// HTTP's status: 200.
        public var status: UInt32
        /// What the body is.
        public var type: ContentType
        /// The body.
        public var body: String

        /// A page of these parts.
        public init(status: UInt32 = 200, type: ContentType = .text, body: String) {
            (self.status, self.type, self.body) = (status, type, body)
        }
    }

    /// What a body is.
    public enum ContentType: Sendable {
        /// Plain text.
        case text
        /// Prometheus' text format, version 0.0.4.
        case metrics

        fileprivate var words: StaticString {
            switch self {
            case .text: "text/plain; charset=utf-8"
            case .metrics: "text/plain; version=0.0.4; charset=utf-8"
            }
        }
    }

    /// Why it can't serve: the address is taken, or libmicrohttpd is not installed.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// `127.0.0.1:9308`.
        public let address: String
        /// Why.
        public let reason: String
        /// Both.
        public var description: String { "\(address): \(reason)" }
    }

    /// Makes pages on the server's thread.
    private final class Maker: Sendable {
        let page: @Sendable (String) -> Page
        init(_ page: @escaping @Sendable (String) -> Page) { self.page = page }
    }

    /// The port that it listens on.
    public let port: UInt16
    private nonisolated(unsafe) let server: UnsafeMutableRawPointer
    private let maker: Maker

    /// Serves until the object goes away.
    /// - Parameters:
    ///   - host: an address or a name of this machine.
    ///   - port: the port; 0 for any.
    ///   - page: makes the page of a path; called on the server's thread, one at a time.
    /// - Throws: `Failure`.
    public init(
        host: String, port: UInt16, page: @escaping @Sendable (_ path: String) -> Page
    ) throws(Failure) {
        maker = Maker(page)
        var reason = [CChar](repeating: 0, count: 256)
        let server = csystem_metrics_start(
            host, port,
            { context, path, page in
                guard let context, let path, let page else { return }
                let maker = Unmanaged<Maker>.fromOpaque(context).takeUnretainedValue()
                MetricsEndpoint.fill(page, maker.page(String(cString: path)))
            }, Unmanaged.passUnretained(maker).toOpaque(), &reason, reason.count)
        guard let server else {
            let words = String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw Failure(address: "\(host):\(port)", reason: words)
        }
        self.server = server
        self.port = csystem_metrics_port(server)
    }

    deinit { csystem_metrics_stop(server) }

    private static func fill(_ target: UnsafeMutablePointer<csystem_page>, _ page: Page) {
        let bytes = Array(page.body.utf8)
        target.pointee.status = page.status
        target.pointee.type = page.type.words.withUTF8Buffer { buffer in
            // A static string of the program, which ends with a zero.
            buffer.baseAddress.map { UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) }
        }
        guard let body = malloc(max(1, bytes.count)) else {
            target.pointee.status = 500
            return
        }
        bytes.withUnsafeBytes { if let from = $0.baseAddress { memcpy(body, from, bytes.count) } }
        target.pointee.body = body.assumingMemoryBound(to: CChar.self)
        target.pointee.length = bytes.count
    }
}
