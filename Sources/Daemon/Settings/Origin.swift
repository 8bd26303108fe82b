/// A web origin as browsers send it: scheme, host and, where it is not the scheme's own, port (RFC
/// 6454 §6.2).
///
/// In lower case, so that origins compare as text.
struct Origin: Equatable, CustomStringConvertible {
    let description: String

    /// Nil for anything that a browser would never send as an origin: a path, a user, a wildcard,
    /// `null`.
    init?(_ text: String) {
        let lowered = text.lowercased()
        for (scheme, ownPort) in [("https", 443), ("http", 80)] {
            guard lowered.hasPrefix("\(scheme)://") else { continue }
            let authority = lowered.dropFirst(scheme.count + 3)
            guard let (host, port) = Self.split(authority) else { return nil }
            let suffix = port.map { $0 == ownPort ? "" : ":\($0)" } ?? ""
            description = "\(scheme)://\(host)\(suffix)"
            return
        }
        return nil
    }

    private static func split(_ authority: Substring) -> (host: Substring, port: Int?)? {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            let inside = authority[authority.index(after: authority.startIndex)..<end]
            guard inside.contains(":"), inside.utf8.allSatisfy(isAddressByte) else { return nil }
            let rest = authority[authority.index(after: end)...]
            return parsePort(rest).map { (authority[...end], $0) }
        }
        let end = authority.firstIndex(of: ":") ?? authority.endIndex
        let host = authority[..<end]
        guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy(isHostByte) else {
            return nil
        }
        return parsePort(authority[end...]).map { (host, $0) }
    }

    /// Nil for a wrong port, an inner nil for none.
    private static func parsePort(_ text: Substring) -> Int?? {
        if text.isEmpty { return .some(nil) }
        guard text.first == ":", text.utf8.dropFirst().allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(text.dropFirst()), (1...65_535).contains(port)
        else { return nil }
        return .some(port)
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: ":"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
