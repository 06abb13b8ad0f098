// The benchmarks: see docs/BENCHMARKS.md. One argument names the benchmark; each prints JSON.

switch CommandLine.arguments.dropFirst().first {
case "metadata-decode": try MetadataDecode.run()
default: print("usage: gantry-bench metadata-decode")
}
