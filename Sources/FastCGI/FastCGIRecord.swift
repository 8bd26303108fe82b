/// One record of the protocol (FastCGI specification 1.0, §3.3): a header of 8 bytes, content and
/// padding.
///
/// Its parts as they stand in the header; the content follows separately.
struct FastCGIRecord: Equatable {
    /// The record types that occur (§8).
    enum Kind: UInt8 {
        case beginRequest = 1
        case abortRequest, endRequest, parameters, standardInput, standardOutput
        case getValues = 9
        case getValuesResult, unknownType
    }

    /// Why a request ended (§5.5).
    enum End: UInt8 {
        case complete, cannotMultiplex, overloaded, unknownRole
    }

    static let headerBytes = 8
    static let maximumContentBytes = 65_535

    let version: UInt8
    let type: UInt8
    let requestID: UInt16
    let contentBytes: Int
    let paddingBytes: Int

    var kind: Kind? { Kind(rawValue: type) }
    /// Header, content and padding.
    var totalBytes: Int { Self.headerBytes + contentBytes + paddingBytes }

    /// - Parameter header: at least ``headerBytes``.
    init(_ header: ArraySlice<UInt8>) {
        let start = header.startIndex
        version = header[start]
        type = header[start + 1]
        requestID = UInt16(header[start + 2]) << 8 | UInt16(header[start + 3])
        contentBytes = Int(header[start + 4]) << 8 | Int(header[start + 5])
        paddingBytes = Int(header[start + 6])
    }

    /// Records of a stream, as many as the content takes, without an end of their own.
    static func encode(
        _ kind: Kind, _ requestID: UInt16, _ content: some Collection<UInt8>
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = content[...]
        repeat {
            let part = rest.prefix(maximumContentBytes)
            rest = rest.dropFirst(part.count)
            let count = part.count
            bytes += [
                1, kind.rawValue, UInt8(requestID >> 8), UInt8(truncatingIfNeeded: requestID),
                UInt8(count >> 8), UInt8(count & 0xff), 0, 0,
            ]
            bytes += part
        } while !rest.isEmpty
        return bytes
    }

    /// The end of a request.
    static func end(_ requestID: UInt16, _ end: End) -> [UInt8] {
        encode(.endRequest, requestID, [0, 0, 0, 0, end.rawValue, 0, 0, 0])
    }

    /// A whole answer: its output, the output's end, and the request's.
    static func answer(_ requestID: UInt16, _ output: [UInt8]) -> [UInt8] {
        encode(.standardOutput, requestID, output) + encode(.standardOutput, requestID, [])
            + end(requestID, .complete)
    }
}
