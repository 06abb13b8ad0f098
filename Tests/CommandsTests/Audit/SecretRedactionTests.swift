import Testing

@testable import Commands

/// What leaves the techhost holds no secret.
@Suite struct SecretRedactionTests {
    private let planted = "hunter2-Sup3r"

    @Test(arguments: [
        "password: hunter2-Sup3r", "  ssl.keystore.password: \"hunter2-Sup3r\"", "PASSWORD=hunter2-Sup3r x",
        "{\"sasl.password\": \"hunter2-Sup3r\", \"a\": 1}",
        "jaas: Plain required username=\"a\" password=\"hunter2-Sup3r\";",
        "{\\\"api_key\\\":\\\"hunter2-Sup3r\\\"}", "smtp://ops:hunter2-Sup3r@mail.example.com:587/",
        "my-token = hunter2-Sup3r",
    ])
    func `what stands behind the name of a secret is left out`(line: String) {
        #expect(!SecretRedaction(known: []).redacted("a\n\(line)\nb").contains(planted))
        #expect(SecretRedaction(known: []).redacted(line).contains("***"))
    }

    @Test func `a secret that is known is left out wherever it stands`() {
        var redaction = SecretRedaction(known: ["from-a-file\n"])
        redaction.learn(from: "x.password=hunter2-Sup3r\n")
        let text = redaction.redacted("curl -u ops:hunter2-Sup3r\nlogin with from-a-file failed")
        #expect(text == "curl -u ops:***\nlogin with *** failed")
    }

    @Test(arguments: ["password_file: smtp.password", "no secrets here", "token", "password:", "hosts: [a, b]"])
    func `what is none stays`(line: String) { #expect(SecretRedaction(known: []).redacted(line) == line) }
}
