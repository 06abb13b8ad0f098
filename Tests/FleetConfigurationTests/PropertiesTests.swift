import Testing

@testable import FleetConfiguration

@Suite struct PropertiesTests {
    @Test(arguments: [
        ("plain.value", "plain.value"), (#"C:\new"#, #"C:\\new"#), ("  two", #"\ \ two"#), ("end ", "end "),
        ("a=b:c#d!e", "a=b:c#d!e"), ("tab\there", #"tab\there"#), ("line\nbreak\r", #"line\nbreak\r"#),
        ("ü", #"\u00fc"#), ("🦆", #"\ud83e\udd86"#), ("\u{1}", #"\u0001"#), ("${env:HOME}", "${env:HOME}"), ("", ""),
    ])
    func `a value is written so that Java reads back exactly it`(value: String, written: String) {
        #expect(Properties.escaped(value, key: false) == written)
    }

    @Test func `a key hides what would end it`() {
        #expect(Properties.escaped("a b=c:d#e!f", key: true) == ##"a\ b\=c\:d\#e\!f"##)
    }

    @Test func `groups stand under their comments, empty ones are left out`() {
        let properties = Properties(
            header: ["head"],
            groups: [
                Properties.Group(comment: "one", settings: [("a", "1"), ("b", "2")]),
                Properties.Group(comment: "none", settings: []),
            ])
        #expect(properties.text == "# head\n\n# one\na=1\nb=2\n")
    }
}
