import FleetModel
import Glibc
import HealthRules
import Processes

/// Mail that could not be sent so far: a file each in the state directory, in the order of writing.
struct MailSpool: Sendable {
    /// Months of operations; a cluster that falls over and over fills it, and then the newest mails matter.
    static let mostMails = 200
    /// Ten times the largest mail that is composed.
    private static let longestMail = 16 << 20
    /// Makes the numbers equally long.
    private static let epoch: Int64 = 100_000_000_000_000
    private static let suffix = ".json"

    let directory: String

    private var counter: String { "\(directory)/given-up" }
    var lock: String { "\(directory)/lock" }

    /// The names of what is kept, the oldest first. A directory that is not there holds nothing.
    func names() throws(ProcessError) -> [String] {
        do throws(ProcessError) {
            return try Directories.entries(directory).filter { $0.hasSuffix(Self.suffix) }.sorted()
        } catch  where error.code == .fileMissing {
            return []
        }
    }

    /// Keeps a mail. Where there is no room for another, the oldest is given up, and counted.
    /// - Returns: its name.
    func keep(_ message: MailMessage, at now: Timestamp) throws(ProcessError) -> String {
        try Directories.make(directory, mode: 0o700)
        // The time first: they are sent in the order of their names.
        let name = "\(String(Self.epoch + now.milliseconds).dropFirst())-\(message.token)\(Self.suffix)"
        try write(KeptMail(message: message), name)
        let names = try names()
        for old in names.prefix(max(0, names.count - Self.mostMails)) where old != name {
            remove(old)
            try AtomicFile.write(Array("\(givenUp + 1)\n".utf8), to: counter, mode: 0o600)
        }
        return name
    }

    /// A mail by its name; nil where it is gone, or no mail of ours.
    func mail(_ name: String) -> KeptMail? {
        guard let bytes = try? BoundedFile.read("\(directory)/\(name)", limit: Self.longestMail) else { return nil }
        return try? JSONValue(parsing: bytes).decoded(as: KeptMail.self)
    }

    func write(_ mail: KeptMail, _ name: String) throws(ProcessError) {
        guard let json = try? JSONValue(encoding: mail).sorted.text() else {
            throw ProcessError(
                .fileFailed, subject: "\(directory)/\(name)", reason: "the mail can't be written as JSON")
        }
        try AtomicFile.write(Array(json.utf8), to: "\(directory)/\(name)", mode: 0o600)
    }

    func remove(_ name: String) { unlink("\(directory)/\(name)") }

    /// How many were given up for want of room since the spool was last empty.
    var givenUp: Int {
        guard let bytes = try? BoundedFile.read(counter, limit: 64) else { return 0 }
        return Int(String(decoding: bytes.prefix { $0 != 0x0a }, as: UTF8.self)) ?? 0
    }

    /// Called when all that was kept has been sent.
    func forgetGivenUp() { unlink(counter) }

    private var certificateFile: String { "\(directory)/certificate" }

    /// Keeps what the server has shown, for the rules. That it can't be kept is no reason to fail a mail.
    func note(_ certificate: ServerCertificate) {
        guard let text = try? JSONValue(encoding: certificate).text() else { return }
        try? AtomicFile.write(Array(text.utf8), to: certificateFile, mode: 0o600)
    }

    private var certificate: ServerCertificate? {
        guard let bytes = try? BoundedFile.read(certificateFile, limit: 1 << 16) else { return nil }
        return try? JSONValue(parsing: bytes).decoded(as: ServerCertificate.self)
    }

    /// For the rules.
    var backlog: MailBacklog {
        var backlog = unsent
        backlog.certificate = certificate
        return backlog
    }

    private var unsent: MailBacklog {
        guard let names = try? names(), let oldest = names.first else { return MailBacklog() }
        let mail = mail(oldest)
        return MailBacklog(
            kept: names.count, since: mail?.message.date,
            problem: mail == nil ? "\(oldest) can't be read" : mail?.problem, dropped: givenUp, directory: directory)
    }
}
