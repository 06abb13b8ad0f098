import Testing

@testable import KafkaClient

@Suite struct SCRAMTests {
    private func text(_ step: SASLExchange.Step) -> String? {
        guard case .send(let bytes) = step else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `the exchange of RFC 7677 is reproduced`() throws {
        var exchange = SASLExchange(
            login: SASLLogin(mechanism: .scramSHA256, user: "user", password: "pencil"), nonce: "rOprNGfwEbeRWgbNEkqO")
        #expect(try exchange.firstMessage() == Array("n,,n=user,r=rOprNGfwEbeRWgbNEkqO".utf8))
        let step = try exchange.answer(
            Array("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".utf8))
        #expect(
            text(step)
                == "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
        #expect(try exchange.answer(Array("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".utf8)) == .done)
    }

    @Test func `SHA-512, escaped names and any password agree with Python's hashlib`() throws {
        var exchange = SASLExchange(
            login: SASLLogin(mechanism: .scramSHA512, user: "us=er,", password: "pén,cil="),
            nonce: "fyko+d2lbbFgONRv9qkxdawL")
        #expect(try exchange.firstMessage() == Array("n,,n=us=3Der=2C,r=fyko+d2lbbFgONRv9qkxdawL".utf8))
        let step = try exchange.answer(
            Array("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=8192".utf8))
        #expect(
            text(step)
                == "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=UnUAlZ49MfgBsNhtM8hPKdbJPOg7ppM9"
                + "ucd+YZYekImH7MIApMkRZLyt1KhTsv+3GKIG5zdtaqxk5iO20RbE4w==")
        let last = "v=hEbVVtQsECuAULl9ETd3Nm6jt3a3QwY9j7JVJYPXNKOVLtUPRWxdE0u5hpqZVSzS2Zm8i5p0qJIM9NRuVTIOiQ=="
        #expect(try exchange.answer(Array(last.utf8)) == .done)
    }

    @Test(arguments: [
        ("r=other,s=QSXCR+Q6sek8bf92,i=4096", "nonce"),
        ("r=nonce,s=QSXCR+Q6sek8bf92,i=4096", "nonce"),
        ("r=nonce1,s=,i=4096", "salt"),
        ("r=nonce1,s=QSX,i=4096", "salt"),
        ("r=nonce1,i=4096", "salt"),
        ("r=nonce1,s=QSXCR+Q6sek8bf92,i=1", "iteration"),
        ("r=nonce1,s=QSXCR+Q6sek8bf92,i=999999999", "iteration"),
        ("r=nonce1,s=QSXCR+Q6sek8bf92,i=99999999999999999999", "iteration"),
        ("r=nonce1,s=QSXCR+Q6sek8bf92,i=-4096", "iteration"),
        ("e=other-error", "other-error"),
        ("", "nonce"), ("=,=,=", "nonce"), ("r", "nonce"),
    ])
    func `a server's first message that is not right is refused`(message: String, word: String) {
        var exchange = SASLExchange(
            login: SASLLogin(mechanism: .scramSHA256, user: "u", password: "p"), nonce: "nonce")
        let error = #expect(throws: SASLExchange.Failure.self) { _ = try exchange.answer(Array(message.utf8)) }
        #expect(error?.reason.contains(word) == true)
    }

    @Test func `a server that does not know the password is not believed`() throws {
        for last in ["v=AAAA", "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=", "", "e=invalid-proof"] {
            var exchange = SASLExchange(
                login: SASLLogin(mechanism: .scramSHA256, user: "user", password: "pencil"),
                nonce: "rOprNGfwEbeRWgbNEkqO")
            _ = try exchange.answer(
                Array("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".utf8))
            #expect(throws: SASLExchange.Failure.self, "\(last)") { _ = try exchange.answer(Array(last.utf8)) }
        }
    }

    @Test func `messages that are not text are refused`() {
        var exchange = SASLExchange(
            login: SASLLogin(mechanism: .scramSHA256, user: "u", password: "p"), nonce: "nonce")
        #expect(throws: SASLExchange.Failure.self) { _ = try exchange.answer([0xFF, 0xFE, 0]) }
    }

    @Test func `PLAIN separates its parts by zero bytes, and refuses to hold one`() throws {
        let exchange = SASLExchange(login: SASLLogin(mechanism: .plain, user: "u", password: "p"), nonce: "")
        #expect(try exchange.firstMessage() == [0, 0x75, 0, 0x70])
        let bad = SASLExchange(login: SASLLogin(mechanism: .plain, user: "u\0x", password: "p"), nonce: "")
        #expect(throws: SASLExchange.Failure.self) { _ = try bad.firstMessage() }
    }

    @Test func `a login never shows its password`() {
        let login = SASLLogin(mechanism: .plain, user: "admin", password: "s3cret")
        var dumped = ""
        dump(login, to: &dumped)
        for text in [
            "\(login)", String(reflecting: login), dumped, "\([login])", "\(KafkaSecurity(tls: nil, login: login))",
        ] {
            #expect(text.contains("admin") && !text.contains("s3cret"))
        }
    }

    @Test func `base64 is that of RFC 4648, and nothing else is read`() {
        for (plain, coded) in [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            #expect(Base64.encode(Array(plain.utf8)) == coded)
            #expect(Base64.decode(coded) == Array(plain.utf8))
        }
        for wrong in ["Zg", "Zg=", "Z===", "====", "Zh==", "Zm9=", "Zg==Zg==", "Zm 9", "Zm-_"] {
            #expect(Base64.decode(wrong) == nil, "\(wrong)")
        }
    }
}
