import EventLoop
import FleetModel
import Glibc
import MailTransport

/// Whether a fleet's mail could leave now. Nothing is sent.
struct MailReach {
    /// One that is reached answers within a round trip; of a firewall that drops everything nobody learns more.
    private static let patience: Duration = .seconds(5)

    private let notify: NotifySettings?
    private let isSimulated: Bool

    /// For the mail that `fleet` wants sent.
    init(_ fleet: FleetSpecification) {
        notify = fleet.notify
        isSimulated = fleet.cluster.transport == .simulated
    }

    /// - Returns: why it could not; nil where it could, or nobody wants any.
    func problem() async -> String? {
        guard let notify else { return nil }
        guard let smtp = notify.smtp else {
            // Mail of a simulated fleet stays in its directory.
            if isSimulated || MailTransport.sendmails.contains(where: { access($0, X_OK) == 0 }) { return nil }
            return "there is no sendmail on it, and notify.smtp names no server"
        }
        guard let (host, port) = Self.server(smtp.url) else { return "\(smtp.url) names no server" }
        do {
            try await withEventLoop { loop in
                let connection = try await loop.connect(
                    to: .tcp(host: host, port: port), deadline: .now + Self.patience)
                await connection.close()
            }
            return nil
        } catch let error as EventLoopError {
            let reason = error.reason.isEmpty ? "no answer within \(Self.patience.components.seconds) s" : error.reason
            return "\(smtp.url) can't be reached: \(reason)"
        } catch {
            return "\(smtp.url) can't be reached: \(error)"
        }
    }

    /// Host and port of `smtp://host[:port]` or `smtps://[::1]:465` (RFC 3986, section 3.2.2).
    static func server(_ url: String) -> (host: String, port: UInt16)? {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        let fallback: UInt16 = url[..<scheme.lowerBound] == "smtps" ? 465 : 25
        let rest = url[scheme.upperBound...]
        if let endpoint = Endpoint(rest) { return (endpoint.host, endpoint.port) }
        let isBracketed = rest.hasPrefix("[") && rest.hasSuffix("]")
        let host = isBracketed ? rest.dropFirst().dropLast() : rest
        return host.isEmpty || (!isBracketed && host.contains(":")) ? nil : (String(host), fallback)
    }
}
