public import FleetModel

/// A mail in the form in which it travels and is kept (RFC 5322, RFC 2045): ASCII lines ended by CRLF.
public enum MIMEMessage {
    /// The whole mail.
    ///
    /// No value can add a header or a part: header values are one line each, and the boundary has characters that no
    /// encoded part has.
    ///
    /// - Throws: `invalidAddress`.
    public static func bytes(_ message: MailMessage) throws(MailError) -> [UInt8] {
        for address in [message.from] + message.to where !isAddress(address) {
            throw MailError(
                .invalidAddress, way: "any way", reason: "'\(HeaderText.oneLine(address))' is no mail address",
                remedy: "correct notify.to and notify.from in defaults.cfg")
        }
        let token = String(
            message.token.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") })
        let domain = message.from.split(separator: "@").last ?? "localhost"
        var head = HeaderText.field("Subject", message.subject)
        head += HeaderText.addresses("From", [message.from]) + HeaderText.addresses("To", message.to)
        head += "Date: \(date(message.date))\r\nMessage-ID: <\(token)@\(domain)>\r\n"
        // RFC 3834: nobody's holiday answer comes back.
        head += "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
        guard let html = message.html else {
            return Array((head + type("plain") + "\r\n").utf8) + QuotedPrintable.bytes(message.text)
        }
        // Quoted-printable text has no '=' before anything but hexadecimal digits and line ends.
        let boundary = "=_\(token)"
        head += "Content-Type: multipart/alternative;\r\n boundary=\"\(boundary)\"\r\n\r\n"
        var bytes = Array(head.utf8)
        for (kind, content) in [("plain", message.text), ("html", html)] {
            // The line end before a boundary is the boundary's (RFC 2046, 5.1.1); the content keeps its own.
            bytes += Array("--\(boundary)\r\n\(type(kind))\r\n".utf8) + QuotedPrintable.bytes(content) + [0x0d, 0x0a]
        }
        return bytes + Array("--\(boundary)--\r\n".utf8)
    }

    private static func type(_ kind: String) -> String {
        "Content-Type: text/\(kind); charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    }

    /// An address without a name, quotes or comments: all that `notify` takes.
    private static func isAddress(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: 0x40, omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && text.utf8.count <= 320
            && text.utf8.allSatisfy { (0x21...0x7e).contains($0) && !"<>()[],;:\"\\".utf8.contains($0) }
            && text.utf8.first != 0x2d
    }

    /// RFC 5322, 3.3: `Fri, 01 May 2026 03:00:00 +0000`.
    private static func date(_ time: Timestamp) -> String {
        let text = Array(time.description.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
        let month = (Int(part(5..<7)) ?? 1) - 1
        let (day, rest) = time.milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        // 1970-01-01 was a Thursday.
        let weekday = Int(((rest < 0 ? day - 1 : day) + 4) % 7 + 7) % 7
        return "\(days[weekday]), \(part(8..<10)) \(months[month]) \(part(0..<4)) \(part(11..<19)) +0000"
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
