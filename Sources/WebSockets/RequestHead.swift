/// The head of an HTTP/1.1 request, read strictly (RFC 9112): what a proxy may read differently is
/// refused, because a difference between two readers is how requests are smuggled.
struct RequestHead: Equatable {
    /// More header lines than any client or proxy sends.
    static let maximumHeaderLines = 100

    let method: String
    let target: String
    /// Whether it is HTTP/1.1 and not 1.0, which has no upgrades.
    let isHTTP11: Bool
    private var headers: [(name: String, value: String)] = []

    /// - Parameter head: everything before the empty line, without it.
    init(parsing head: ArraySlice<UInt8>) throws(MalformedRequest) {
        var lines = try Self.lines(of: head)[...]
        let requestLine = lines.popFirst().map { String(decoding: $0, as: UTF8.self) } ?? ""
        let parts = requestLine.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, Self.isToken(parts[0].utf8), !parts[1].isEmpty,
            parts[1].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { throw .notHTTP("request line") }
        guard parts[2] == "HTTP/1.1" || parts[2] == "HTTP/1.0" else { throw .notHTTP("version") }
        guard lines.count <= Self.maximumHeaderLines else { throw .notHTTP("too many headers") }
        method = String(parts[0])
        target = String(parts[1])
        isHTTP11 = parts[2] == "HTTP/1.1"
        for line in lines { headers.append(try Self.header(line)) }
    }

    static func == (left: RequestHead, right: RequestHead) -> Bool {
        left.method == right.method && left.target == right.target
            && left.isHTTP11 == right.isHTTP11
            && left.headers.elementsEqual(right.headers, by: ==)
    }

    /// The value of a header that may occur once; nil without it.
    func unique(_ name: String) throws(MalformedRequest) -> String? {
        let values = all(name)
        guard values.count <= 1 else { throw .notHTTP("repeated header \(name)") }
        return values.first
    }

    func all(_ name: String) -> [String] {
        headers.filter { $0.name == name }.map(\.value)
    }

    /// The elements of a comma-separated list, over all headers of that name (RFC 9110 §5.6.1).
    func list(_ name: String) -> [String] {
        all(name).flatMap { $0.split(separator: ",") }.map { Self.trimmed($0) }
            .filter { !$0.isEmpty }
    }

    private static func lines(
        of head: ArraySlice<UInt8>
    ) throws(MalformedRequest) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        for var line in head.split(separator: 0x0a, omittingEmptySubsequences: false) {
            let isLast = line.endIndex == head.endIndex
            if !isLast, line.popLast() != 0x0d { throw .notHTTP("line end") }
            // HTAB and visible characters only, so that a value is safe in logs and answers.
            guard line.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7f) }) else {
                throw .notHTTP("control character")
            }
            lines.append(line)
        }
        return lines
    }

    private static func header(
        _ line: ArraySlice<UInt8>
    ) throws(MalformedRequest) -> (name: String, value: String) {
        guard let colon = line.firstIndex(of: 0x3a), isToken(line[..<colon]) else {
            throw .notHTTP("header line")
        }
        let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
        let value = String(decoding: line[(colon + 1)...], as: UTF8.self)
        return (name, trimmed(value[...]))
    }

    /// Without the blanks around it; by bytes, because a blank and an accent behind it are one
    /// `Character`.
    static func trimmed(_ text: Substring) -> String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        var bytes = text.utf8.drop(while: isBlank)
        while bytes.last.map(isBlank) == true { bytes.removeLast() }
        return String(Substring(bytes))
    }

    static func isToken(_ text: String) -> Bool { isToken(text.utf8) }

    /// A token of RFC 9110 §5.6.2.
    private static func isToken(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty
            && bytes.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
