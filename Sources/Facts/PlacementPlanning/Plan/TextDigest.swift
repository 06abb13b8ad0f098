/// SHA-256 (FIPS 180-4) of a text, in hex: names a plan's file, so that an edited one is known.
public enum TextDigest {
    /// The digest of `text`.
    public static func of(_ text: String) -> String {
        var digest = PlanDigest()
        digest.add(text)
        return digest.finish()
    }
}
