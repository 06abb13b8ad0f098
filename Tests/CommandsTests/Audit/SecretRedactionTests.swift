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
        "my-token = hunter2-Sup3r", "Authorization: Bearer hunter2-Sup3r", "authorization: Basic hunter2-Sup3r, x",
        "{\"Authorization\": \"Bearer hunter2-Sup3r\"}", "curl -H 'Authorization: Bearer hunter2-Sup3r' https://x/",
        "{\\\"-H\\\": \\\"Authorization: Bearer hunter2-Sup3r\\\"}", "X-Api-Key: hunter2-Sup3r", "pass: hunter2-Sup3r",
        "MY_PWD=hunter2-Sup3r", "passphrase: 'hunter2-Sup3r'",
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

    @Test func `a token behind its header's word is known elsewhere, without the word`() {
        var redaction = SecretRedaction(known: [])
        redaction.learn(from: #"{"authorization": "Bearer hunter2-Sup3r"}"#)
        #expect(redaction.redacted("sent hunter2-Sup3r, bearer of it") == "sent ***, bearer of it")
    }

    @Test func `a bearer's token goes by itself where it is no word`() {
        let redaction = SecretRedaction(known: [])
        #expect(redaction.redacted("asked with Bearer eyJhbGciOiJIUzI1NiJ9.e30.x") == "asked with Bearer ***")
        #expect(redaction.redacted("the bearer brings it") == "the bearer brings it")
    }

    @Test func `a private key goes as a whole`() {
        let key = "a\n-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\nx==\n-----END EC PRIVATE KEY-----\nb"
        #expect(SecretRedaction(known: []).redacted(key) == "a\n***\nb")
    }

    @Test func `comments of a configuration go, and what only looks like one stays`() {
        let text = """
            # the password is hunter2-Sup3r
            cluster: { name: orders }   # was: hunter2-Sup3r
            waive: { H7: "see #12", H8: 'a # b' }
            kafka: { x: a#b }

            """
        #expect(
            SecretRedaction.withoutComments(text) == """
                # ***
                cluster: { name: orders }   # ***
                waive: { H7: "see #12", H8: 'a # b' }
                kafka: { x: a#b }

                """)
    }

    @Test(arguments: [
        "compass: north", "passed: 12 of 12", "pass: true", "password_file: smtp.password", "no secrets here", "token",
        "password:", "hosts: [a, b]",
    ])
    func `what is none stays`(line: String) { #expect(SecretRedaction(known: []).redacted(line) == line) }
}
