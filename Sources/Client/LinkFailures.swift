import Logging
import Synchronization

/// Keeps what a hub link would log, for the one sentence that a person gets to see.
final class LinkFailures: Sendable {
    private let reason = Mutex<String?>(nil)

    var last: String? { reason.withLock { $0 } }

    func note(_ text: String) { reason.withLock { $0 = text } }
}

struct LinkFailureHandler: LogHandler {
    let failures: LinkFailures
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel = Logger.Level.warning

    init(failures: LinkFailures) { self.failures = failures }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        if let reason = event.metadata?["reason"] { failures.note("\(reason)") }
    }
}
