import Client

struct TransportDeadline: Error {}

struct NotOpened: Error {
    /// nil: the end of the events.
    var instead: TransportEvent?
}

/// How long anything may take that has to happen: a minute and more, because all tests run in one
/// process, where those that block keep the others from going on for many seconds.
let patience: Duration = .seconds(120)

extension TransportConnection {
    /// The next event, or an error after `limit`, which also abandons the connection.
    func next(within limit: Duration) async throws -> TransportEvent? {
        try await withThrowingTaskGroup(of: TransportEvent?.self) { group in
            group.addTask { await self.next() }
            group.addTask {
                try await Task.sleep(for: limit)
                throw TransportDeadline()
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    /// All events up to the last one.
    func events(within limit: Duration = patience) async throws -> [TransportEvent] {
        var events: [TransportEvent] = []
        while let event = try await next(within: limit) { events.append(event) }
        return events
    }

    func opened() async throws {
        let event = try await next(within: patience)
        guard case .opened? = event else { throw NotOpened(instead: event) }
    }
}

extension TransportEvent {
    static func text(_ text: String) -> TransportEvent { .text(Array(text.utf8)) }

    var failure: TransportFailure? {
        if case .failed(let failure) = self { failure } else { nil }
    }
}

extension WebSocketTransport {
    func open(_ url: String) -> any TransportConnection { open(TransportRequest(url: url)) }
}
