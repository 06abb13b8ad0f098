import Testing

@testable import FleetRuntime

@Suite struct `Archives of images` {
    private static let classic = #"[{"Config":"abc.json","RepoTags":["gantry/kafka:4.3.1"],"Layers":["a/layer.tar"]}]"#
    private static let modern =
        #"[{"Config":"blobs/sha256/abc","RepoTags":["gantry/kafka:4.3.1","gantry/kafka:latest"],"Layers":[]}]"#
    private static let index =
        #"{"schemaVersion":2,"manifests":[{"digest":"sha256:def","annotations":"#
        + #"{"io.containerd.image.name":"docker.io/gantry/kafka:4.3.1"}},{"digest":"sha256:other","annotations":"#
        + #"{"io.containerd.image.name":"docker.io/library/debian:12"}}]}"#

    @Test(arguments: [classic, modern])
    func `an archive tells the digest of the image that is meant`(manifest: String) {
        #expect(ImageArchive.digests(of: "gantry/kafka:4.3.1", inDocument: manifest) == ["sha256:abc"])
        #expect(ImageArchive.digests(of: "gantry/kafka:4.3.2", inDocument: manifest).isEmpty)
    }

    @Test func `what containerd calls it counts too, and what it calls others does not`() {
        let documents = ImageArchive.documents(in: Self.index + "\n" + Self.modern + "\n")
        #expect(documents.count == 2)
        #expect(
            documents.flatMap { ImageArchive.digests(of: "gantry/kafka:4.3.1", inDocument: $0) }
                == ["sha256:def", "sha256:abc"])
    }

    @Test(arguments: ["", "no json", "[{]}", "{\"manifests\": 7}", "[7, null]", "}{", "[[[[", "\u{0}"])
    func `garbage tells nothing`(text: String) {
        #expect(
            ImageArchive.documents(in: text).flatMap { ImageArchive.digests(of: "a:1", inDocument: $0) }.isEmpty)
    }

    @Test func `a name and its full form are one`() {
        #expect(ImageArchive.sameName("docker.io/library/debian:12", "debian:12"))
        #expect(ImageArchive.sameName("debian", "debian:latest"))
        #expect(ImageArchive.sameName("a:5000/kafka", "a:5000/kafka:latest"))
        #expect(!ImageArchive.sameName("a/kafka:1", "b/kafka:1"))
    }
}
