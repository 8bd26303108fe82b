/// The parameters of a request: name-value pairs (FastCGI specification 1.0, §3.4).
public struct FastCGIParameters: Equatable, Sendable {
    private var values: [String: [String]] = [:]

    /// Reads whole pairs; bytes that are not UTF-8 become U+FFFD.
    ///
    /// - Throws: ``FastCGIRefusal/malformedParameters`` where a length goes past the end.
    init(parsing bytes: [UInt8]) throws(FastCGIRefusal) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let nameBytes = try Self.length(&rest)
            let valueBytes = try Self.length(&rest)
            let name = try Self.text(nameBytes, &rest)
            values[name, default: []].append(try Self.text(valueBytes, &rest))
        }
    }

    /// Every value of a name in the order sent; a header that a client repeats is one of several.
    public subscript(name: String) -> [String] { values[name] ?? [] }

    /// One byte below 128, else four with the highest bit set: at most 2 GiB − 1.
    private static func length(_ rest: inout ArraySlice<UInt8>) throws(FastCGIRefusal) -> Int {
        guard let first = rest.popFirst() else { throw .malformedParameters }
        guard first & 0x80 != 0 else { return Int(first) }
        guard rest.count >= 3 else { throw .malformedParameters }
        let tail = rest.prefix(3).reduce(Int(first & 0x7f)) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(3)
        return tail
    }

    private static func text(
        _ count: Int, _ rest: inout ArraySlice<UInt8>
    ) throws(FastCGIRefusal) -> String {
        guard count <= rest.count else { throw .malformedParameters }
        defer { rest = rest.dropFirst(count) }
        return String(decoding: rest.prefix(count), as: UTF8.self)
    }
}
