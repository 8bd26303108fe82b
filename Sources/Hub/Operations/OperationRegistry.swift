import JSON
import Protocol

/// Which code answers which operation; who may call is checked here, in one place.
package final class OperationRegistry {
    /// Answers at once; whatever it throws becomes the refusal (see `HubCore.refusal(of:)`).
    package typealias Handler = (OperationCall) throws -> JSONValue
    /// Answers the reply itself, exactly once, now or in a later iteration.
    package typealias DeferredHandler = (OperationCall, Reply) throws -> Void

    /// Decides at once, on the loop, what is then read elsewhere; asked again with the answer.
    package typealias ReadHandler = (OperationCall) throws -> HeavyRead

    private enum Entry {
        case now(Handler)
        case read(ReadHandler)
        case later(DeferredHandler)
    }

    private var entries: [Operation: Entry] = [:]

    package init() {}

    package func on(_ operation: Operation, _ handler: @escaping Handler) {
        set(operation, .now(handler))
    }

    /// For lists: whatever can be long is read on the reading thread.
    package func onRead(_ operation: Operation, _ handler: @escaping ReadHandler) {
        set(operation, .read(handler))
    }

    package func onDeferred(_ operation: Operation, _ handler: @escaping DeferredHandler) {
        set(operation, .later(handler))
    }

    /// Operations that nothing answers; empty in a complete hub.
    package var missing: [Operation] { Operation.allCases.filter { entries[$0] == nil } }

    /// - Parameters:
    ///   - again: the same call in a later iteration, if its caller may still make it.
    func run(
        _ call: OperationCall, _ reply: Reply, _ reads: ReadDesk,
        again: @escaping (Iteration) throws -> OperationCall
    ) throws {
        try call.caller.check(call.operation)
        switch entries[call.operation] {
        case .now(let handler):
            call.iteration.answer(reply, try handler(call))
        case .read(let handler):
            let piece = ReadDesk.Piece(
                label: call.operation.rawValue, read: try handler(call), reply: reply,
                since: call.iteration.clock
            ) { iteration in
                let call = try again(iteration)
                try call.caller.check(call.operation)
                _ = try handler(call)
            }
            try reads.take(piece, call.iteration)
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
