/// What a template grants its containers, for the clauses that ask.
extension ComposeTemplate {
    /// Whether every stamped service bounds what it writes to its log.
    public var boundsLogs: Bool {
        !services.isEmpty
            && services.values.allSatisfy { service in
                guard let logging = service["logging"] else { return false }
                let driver = logging["driver"]?.text ?? "json-file"
                return driver != "json-file" || logging["options"]?["max-size"]?.text != nil
            }
    }

    /// Open files that every stamped service is granted: its hard limit; nil where one says nothing.
    public var openFiles: Int64? {
        let limits = services.values.map { service -> Int64? in
            let limit = service["ulimits"]?["nofile"]
            return (limit?["hard"]?.text ?? limit?.text).flatMap { Int64($0) }.map { $0 < 0 ? .max : $0 }
        }
        return limits.contains(nil) ? nil : limits.compactMap { $0 }.min()
    }
}
