/// A response as CGI writes it (RFC 3875 §6.2): header lines, an empty one, the body.
public struct CGIOutput: Equatable, Sendable {
    let bytes: [UInt8]

    /// A line break in a header is a programmer's mistake: whatever a peer sent is checked before it
    /// gets here.
    public init(status: Int, phrase: String, headers: [(String, String)], body: [UInt8]) {
        var bytes = Array("Status: \(status) \(phrase)\r\n".utf8)
        for (name, value) in headers {
            let line = "\(name): \(value)"
            precondition(!line.utf8.contains(where: Self.endsLine), "a line break in \(name)")
            bytes += line.utf8
            bytes += [0x0D, 0x0A]
        }
        self.bytes = bytes + [0x0D, 0x0A] + body
    }

    private static func endsLine(_ byte: UInt8) -> Bool {
        byte == 0x0D || byte == 0x0A || byte == 0
    }
}
