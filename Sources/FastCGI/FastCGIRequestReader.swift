/// What one connection may make the server hold.
public struct FastCGILimits: Equatable, Sendable {
    /// nginx passes at most 32 KiB of headers (`large_client_header_buffers`) and its own parameters.
    public static let maximumParameterBytes = 128 * 1024

    public var maximumParameterBytes = Self.maximumParameterBytes
    public var maximumBodyBytes: Int

    public init(maximumBodyBytes: Int) { self.maximumBodyBytes = maximumBodyBytes }
}

/// Reads one request out of a connection's bytes (FastCGI specification 1.0, §3 and §5).
///
/// Pure: no bytes of a peer can do more than end its own connection. A connection carries one
/// request; what a web server asks besides is answered as the specification says.
package struct FastCGIRequestReader {
    package enum Action: Equatable {
        /// To be written before the connection goes on.
        case send([UInt8])
        /// The request is whole: nothing is read any more.
        case deliver(FastCGIRequest)
        /// To be closed, after what was sent before.
        case close(FastCGIRefusal?)
    }

    private enum Phase: Equatable {
        case begin
        case parameters
        case body
        case ended
    }

    private let limits: FastCGILimits
    private var phase = Phase.begin
    private var requestID: UInt16 = 0
    /// Bytes of a record that is not whole yet.
    private var pending: [UInt8] = []
    private var parameterBytes: [UInt8] = []
    private var parameters: FastCGIParameters?
    /// Nil once it was over the limit: the rest is read to its end and dropped, so that the web
    /// server is there for the answer.
    private var body: [UInt8]? = []

    package init(limits: FastCGILimits) { self.limits = limits }

    /// Takes bytes in any portions; after a `deliver` or a `close` it takes no more.
    package mutating func receive(_ bytes: ArraySlice<UInt8>) -> [Action] {
        pending += bytes
        var actions: [Action] = []
        var rest = pending[...]
        while phase != .ended, rest.count >= FastCGIRecord.headerBytes {
            let record = FastCGIRecord(rest)
            guard record.version == 1 else {
                actions.append(refuse(.version(record.version)))
                break
            }
            guard rest.count >= record.totalBytes else { break }
            let content = rest.dropFirst(FastCGIRecord.headerBytes).prefix(record.contentBytes)
            rest = rest.dropFirst(record.totalBytes)
            actions += take(record, content)
        }
        pending = phase == .ended ? [] : Array(rest)
        return actions
    }

    private mutating func take(
        _ record: FastCGIRecord, _ content: ArraySlice<UInt8>
    ) -> [Action] {
        if record.requestID == 0 { return [.send(Self.management(record, content))] }
        if record.kind == .beginRequest { return begin(record, content) }
        guard phase != .begin, record.requestID == requestID else {
            return [refuse(.outOfTurn(record.type))]
        }
        switch (record.kind, phase) {
        case (.abortRequest, _): return [refuse(.left)]
        case (.parameters, .parameters): return takeParameters(content)
        case (.standardInput, .body): return takeBody(content)
        default: return [refuse(.outOfTurn(record.type))]
        }
    }

    /// §5.1: two bytes of role, of which responder (1) is served, flags, and five reserved.
    private mutating func begin(
        _ record: FastCGIRecord, _ content: ArraySlice<UInt8>
    ) -> [Action] {
        guard content.count == 8 else { return [refuse(.malformedBegin)] }
        guard phase == .begin else {
            guard record.requestID != requestID else { return [refuse(.outOfTurn(record.type))] }
            return [.send(FastCGIRecord.end(record.requestID, .cannotMultiplex))]
        }
        guard content.prefix(2).elementsEqual([0, 1]) else {
            phase = .ended
            return [.send(FastCGIRecord.end(record.requestID, .unknownRole)), .close(nil)]
        }
        requestID = record.requestID
        phase = .parameters
        return []
    }

    private mutating func takeParameters(_ content: ArraySlice<UInt8>) -> [Action] {
        guard content.isEmpty else {
            guard parameterBytes.count + content.count <= limits.maximumParameterBytes else {
                return [refuse(.parametersTooLarge(maximumBytes: limits.maximumParameterBytes))]
            }
            parameterBytes += content
            return []
        }
        do {
            parameters = try FastCGIParameters(parsing: parameterBytes)
        } catch {
            return [refuse(error)]
        }
        parameterBytes = []
        phase = .body
        return []
    }

    private mutating func takeBody(_ content: ArraySlice<UInt8>) -> [Action] {
        guard content.isEmpty, let parameters else {
            let isTooLarge = (body?.count ?? 0) + content.count > limits.maximumBodyBytes
            if isTooLarge { body = nil } else { body?.append(contentsOf: content) }
            return []
        }
        phase = .ended
        return [
            .deliver(
                FastCGIRequest(
                    id: requestID, parameters: parameters, received: body,
                    maximumBodyBytes: limits.maximumBodyBytes))
        ]
    }

    private mutating func refuse(_ refusal: FastCGIRefusal) -> Action {
        phase = .ended
        return .close(refusal)
    }

    /// What is asked about the server itself (§4).
    ///
    /// It takes one request a connection, and has no other values to tell.
    private static func management(
        _ record: FastCGIRecord, _ content: ArraySlice<UInt8>
    ) -> [UInt8] {
        guard record.kind == .getValues else {
            return FastCGIRecord.encode(.unknownType, 0, [record.type, 0, 0, 0, 0, 0, 0, 0])
        }
        let name = Array("FCGI_MPXS_CONNS".utf8)
        return FastCGIRecord.encode(
            .getValuesResult, 0, [UInt8(name.count), 1] + name + [UInt8(ascii: "0")])
    }
}
