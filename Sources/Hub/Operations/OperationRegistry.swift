import JSON
import Protocol

/// Which code answers which operation; who may call is checked here, in one place.
package final class OperationRegistry {
    /// Answers at once; whatever it throws becomes the refusal (see `HubCore.refusal(of:)`).
    package typealias Handler = (OperationCall) throws -> JSONValue
    /// Answers the reply itself, exactly once, now or in a later iteration.
    package typealias DeferredHandler = (OperationCall, Reply) throws -> Void

    private enum Entry {
        case now(Handler)
        case later(DeferredHandler)
    }

    private var entries: [Operation: Entry] = [:]

    package init() {}

    package func on(_ operation: Operation, _ handler: @escaping Handler) {
        set(operation, .now(handler))
    }

    package func onDeferred(_ operation: Operation, _ handler: @escaping DeferredHandler) {
        set(operation, .later(handler))
    }

    /// Operations that nothing answers; empty in a complete hub.
    package var missing: [Operation] { Operation.allCases.filter { entries[$0] == nil } }

    func run(_ call: OperationCall, _ reply: Reply) throws {
        try call.caller.check(call.operation)
        switch entries[call.operation] {
        case .now(let handler):
            call.iteration.answer(reply, try handler(call))
        case .later(let handler):
            try handler(call, reply)
        case nil:
            throw OperationError(
                .serviceUnavailable, "this hub does not answer \(call.operation.rawValue)")
        }
    }

    private func set(_ operation: Operation, _ entry: Entry) {
        precondition(entries[operation] == nil, "\(operation.rawValue) has one handler")
        entries[operation] = entry
    }
}
