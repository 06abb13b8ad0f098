import FleetModel
import Glibc
import HealthRules
import MailTransport
public import Observation
import Processes
import Transfers

extension FleetSession {
    /// The way of this fleet's mail. Where nobody is named in `notify`, it has no addresses and posts nothing.
    public var mail: any MailPost { MailOutbox(fleet, place) }
}

extension MailOutbox {
    init(_ fleet: FleetSpecification, _ place: FleetPlace) {
        let notify = fleet.notify
        let directory = place.mail
        addresses = notify.map {
            MailAddresses(from: $0.sender ?? "gantry@\(Machine.hostName)", to: $0.recipients)
        }
        spool = MailSpool(directory: directory)
        now = { SystemClock().now() }
        if let smtp = notify?.smtp {
            let server = SMTPServer(
                url: smtp.url, user: smtp.user, passwordFile: smtp.passwordFile, certificates: smtp.authorityFile)
            let spool = spool
            send = { message throws(MailError) in
                if let end = try await Self.send(message, .smtp(server)) {
                    spool.note(ServerCertificate(server: smtp.url, end: end))
                }
            }
        } else if fleet.cluster.transport == .simulated {
            let delivered = DeliveredMail(directory: "\(directory)/delivered")
            send = { message throws(MailError) in try delivered.write(message) }
        } else {
            let path = MailTransport.sendmails.first { access($0, X_OK) == 0 } ?? MailTransport.sendmails[0]
            send = { message throws(MailError) in _ = try await Self.send(message, .sendmail(path)) }
        }
    }

    /// - Returns: when the server's certificate ends, where it showed one.
    private static func send(_ message: MailMessage, _ way: MailTransport.Way) async throws(MailError) -> Timestamp? {
        do {
            return try await withTransfers { transfers in
                try await MailTransport(way, transfers: transfers, localName: Machine.hostName).handOver(message)
                    .certificateEnd
            }
        } catch let error as MailError {
            throw error
        } catch {
            throw MailError(.other, way: way.name, reason: "\(error)", remedy: "it is tried again later")
        }
    }
}

/// The mail of a simulated fleet that names no server: files that any mail program opens.
struct DeliveredMail: Sendable {
    /// To be looked at, not kept: the oldest make room.
    static let mostMails = 100

    let directory: String

    func write(_ message: MailMessage) throws(MailError) {
        let bytes = try MIMEMessage.bytes(message)
        do throws(ProcessError) {
            try Directories.make(directory, mode: 0o700)
            try AtomicFile.write(bytes, to: "\(directory)/\(message.token).eml", mode: 0o600)
            let names = try Directories.entries(directory).filter { $0.hasSuffix(".eml") }.sorted()
            for old in names.prefix(max(0, names.count - Self.mostMails)) { unlink("\(directory)/\(old)") }
        } catch {
            throw MailError(.other, way: directory, reason: "\(error)", remedy: "make room, or correct its mode")
        }
    }
}
