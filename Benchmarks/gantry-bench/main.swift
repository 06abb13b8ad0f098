// The benchmarks: see docs/BENCHMARKS.md.
