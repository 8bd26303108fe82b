import JSON

/// One IPC message as it crosses a Unix socket: a small JSON header and an opaque body.
///
/// ```
/// ┌────────────┬────────────┬──────────────┬──────────────┐
/// │ u32 length │ u32 header │ header, JSON │ body, opaque │   integers are big-endian;
/// │ of all     │ length     │ (jansson)    │              │   length counts what follows it
/// └────────────┴────────────┴──────────────┴──────────────┘
/// ```
/// The body holds the ready texts of publications, so that they pass without being parsed.
public struct Envelope: Sendable, Equatable {
    public var header: JSONObject
    public var body: [UInt8]

    public init(header: JSONObject, body: [UInt8] = []) {
        self.header = header
        self.body = body
    }

    /// 16 MiB for a whole message: the largest REST body, which numbers written out in full can make
    /// four times as long, and the largest answer; a peer that announces more is closed before a
    /// byte of it is kept.
    public static let maximumBytes = 16 * 1024 * 1024
    /// The two lengths in front.
    public static let prefixBytes = 8

    /// The bytes for the socket; nil where they would pass ``maximumBytes``, which a sender turns
    /// into a refusal of whatever asked for them.
    public func encoded() -> [UInt8]? {
        let head = JSONValue.object(header).encoded()
        guard 4 + head.count + body.count <= Self.maximumBytes else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.prefixBytes + head.count + body.count)
        bytes.append(bigEndian: UInt32(4 + head.count + body.count))
        bytes.append(bigEndian: UInt32(head.count))
        bytes.append(contentsOf: head)
        bytes.append(contentsOf: body)
        return bytes
    }
}

/// Why bytes of an IPC peer are no message; that peer is closed, nothing else happens.
public enum WireError: Error, Equatable, Sendable, CustomStringConvertible {
    case tooLarge(bytes: Int, maximum: Int)
    case badLengths(total: Int, header: Int)
    case badHeader(JSONError)
    /// A field is missing, has another type, or its value is not allowed.
    case badField(String)
    case unknownType(String)
    case wrongVersion(Int64)

    public var description: String {
        switch self {
        case .tooLarge(let bytes, let maximum):
            "an IPC message of \(bytes) bytes was announced; at most \(maximum) are taken"
        case .badLengths(let total, let header):
            "an IPC message of \(total) bytes cannot hold a header of \(header)"
        case .badHeader(let error): "an IPC header is not a JSON object: \(error)"
        case .badField(let name): "an IPC message's \"\(name)\" is missing or malformed"
        case .unknownType(let type): "an IPC message has the unknown type \"\(type.prefix(40))\""
        case .wrongVersion(let version):
            "the peer speaks IPC version \(version), this process \(Hello.currentVersion);"
                + " restart whichever is older"
        }
    }

    /// For metrics: one of a fixed set.
    public var label: String {
        switch self {
        case .tooLarge: "too_large"
        case .badLengths: "bad_lengths"
        case .badHeader: "bad_header"
        case .badField: "bad_field"
        case .unknownType: "unknown_type"
        case .wrongVersion: "wrong_version"
        }
    }
}

extension [UInt8] {
    /// Appends the four bytes of `value`, most significant first.
    mutating func append(bigEndian value: UInt32) {
        append(UInt8(truncatingIfNeeded: value >> 24))
        append(UInt8(truncatingIfNeeded: value >> 16))
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }
}
