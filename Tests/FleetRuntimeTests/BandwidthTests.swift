import FleetModel
import Testing

@testable import FleetRuntime

@Suite struct `What the network carries` {
    @Test(arguments: [
        ("1+0 records in\n1+0 records out\n209715200 bytes (210 MB, 200 MiB) copied, 2.0 s, 105 MB/s\n", 104_857_600),
        ("512 bytes copied, 0.5 s, 1.0 kB/s", 1024),
    ])
    func `it is read from how dd ends`(text: String, rate: Int64) {
        #expect(ShellHosts.rate(saidBy: text) == BytesPerSecond(rate))
    }

    @Test(arguments: [
        "", "dd: error", "0 bytes (0 B) copied, 0.1 s, 0 B/s", "9 bytes copied, 0 s, x", "x copied, y, z",
    ])
    func `what makes no sense is no rate`(text: String) {
        #expect(ShellHosts.rate(saidBy: text) == nil)
    }
}
