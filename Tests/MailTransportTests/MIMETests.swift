import FleetModel
import Foundation
import Testing

@testable import MailTransport

func sampleMail(
    token: String = "20260501T030000-3f9a", from: String = "gantry@techhost.example.com",
    to: [String] = ["ops@example.com"], subject: String = "[gantry orders] bootstrap: done in 14s",
    text: String = "done\n", html: String? = nil
) -> MailMessage {
    MailMessage(
        token: token, date: Timestamp(milliseconds: 1_777_604_400_000), from: from, to: to, subject: subject,
        text: text,
        html: html)
}

@Suite struct `A mail on its way` {
    private func text(_ message: MailMessage) throws -> String {
        String(decoding: try MIMEMessage.bytes(message), as: UTF8.self)
    }

    @Test func `a mail of text and HTML has two parts, both whole`() throws {
        let mail = try text(sampleMail(text: "grün = gut\n", html: "<p>grün</p>\n"))
        #expect(
            mail == """
                Subject: [gantry orders] bootstrap: done in 14s\r
                From: gantry@techhost.example.com\r
                To: ops@example.com\r
                Date: Fri, 01 May 2026 03:00:00 +0000\r
                Message-ID: <20260501T030000-3f9a@techhost.example.com>\r
                Auto-Submitted: auto-generated\r
                MIME-Version: 1.0\r
                Content-Type: multipart/alternative;\r
                 boundary="=_20260501T030000-3f9a"\r
                \r
                --=_20260501T030000-3f9a\r
                Content-Type: text/plain; charset=utf-8\r
                Content-Transfer-Encoding: quoted-printable\r
                \r
                gr=C3=BCn =3D gut\r
                \r
                --=_20260501T030000-3f9a\r
                Content-Type: text/html; charset=utf-8\r
                Content-Transfer-Encoding: quoted-printable\r
                \r
                <p>gr=C3=BCn</p>\r
                \r
                --=_20260501T030000-3f9a--\r

                """)
    }

    @Test(arguments: [
        "evil\r\nBcc: all@example.com", "evil\nBcc: all@example.com", "evil\rBcc: all@example.com",
        "evil\u{85}Bcc: all@example.com", "evil\u{2028}Bcc: all@example.com", "evil\0\r\n\r\nbody",
    ])
    func `no subject adds a header`(subject: String) throws {
        let mail = try text(sampleMail(subject: subject))
        let head = mail[..<(try #require(mail.firstRange(of: "\r\n\r\n")).lowerBound)]
        #expect(head.split(separator: "\r\n").filter { !$0.hasPrefix(" ") }.count == 9)
        #expect(!head.contains("\r\nBcc") && !head.contains("\nBcc"))
    }

    @Test(arguments: [
        "ops@example.com\r\nBcc: all@example.com", "a b@example.com", "<ops@example.com>", "ops", "@", "-f@x", "",
        "a@b@c", "ä@example.com",
    ])
    func `what is no address is refused`(address: String) {
        #expect(throws: MailError.self) { try MIMEMessage.bytes(sampleMail(to: [address])) }
        #expect(throws: MailError.self) { try MIMEMessage.bytes(sampleMail(from: address)) }
    }

    @Test func `long and foreign subjects stay within the line and whole`() throws {
        for subject in [
            String(repeating: "größer ", count: 60), String(repeating: "x", count: 400),
            String(repeating: "word ", count: 80) + "end", "=?utf-8?q?already=20encoded?=",
            "日本語のとても長い件名" + String(repeating: "🐘", count: 40),
        ] {
            let lines = try text(sampleMail(subject: subject)).components(separatedBy: "\r\n")
            #expect(lines.allSatisfy { $0.utf8.count <= 78 })
        }
    }

    @Test func `no line is longer than 76 characters and none holds what a mail server would act on`() throws {
        let body =
            ".\n..\nFrom here\n" + String(repeating: "a", count: 5000) + " \n\t\ntrailing \n"
            + String(repeating: "é", count: 100)
            + "\u{1b}[2J\u{0}\n"
        let mail = try text(sampleMail(text: body))
        let lines = mail.components(separatedBy: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 76 && !$0.contains("\n") && !$0.contains("\r") })
        #expect(!lines.contains { $0.hasPrefix(".") || $0.hasPrefix("From ") || $0.hasSuffix(" ") })
        #expect(mail.utf8.allSatisfy { $0 < 0x80 && ($0 >= 0x20 || $0 == 0x0d || $0 == 0x0a) })
    }

    @Test func `ten megabytes are written in seconds`() throws {
        let body = String(repeating: "a log line with = and ü in it\n", count: 350_000)
        #expect(try MIMEMessage.bytes(sampleMail(text: body)).count > body.utf8.count)
    }
}
