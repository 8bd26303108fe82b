import Glibc
import System

/// Looks names up (`getaddrinfo`), which blocks, each on a thread of its own.
enum HostLookup {
    /// Numeric addresses, the best one first; at least one.
    struct Failure: Error {
        let words: String
    }

    /// At once, for what is an address already; nil for a name.
    static func numeric(_ host: String) -> String? {
        try? addresses(of: host, flags: AI_NUMERICHOST).first
    }

    /// Calls `found`, once, on another thread.
    static func start(
        _ host: String, _ found: @escaping @Sendable (Result<[String], Failure>) -> Void
    ) {
        NamedThread.start("look-up") {
            found(Result { () throws(Failure) in try addresses(of: host, flags: AI_ADDRCONFIG) })
        }
    }

    private static func addresses(of host: String, flags: Int32) throws(Failure) -> [String] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = flags
        var first: UnsafeMutablePointer<addrinfo>?
        let result = unsafe getaddrinfo(host, nil, &hints, &first)
        guard result == 0 else {
            throw Failure(words: unsafe String(cString: gai_strerror(result)))
        }
        defer { unsafe freeaddrinfo(first) }
        var addresses: [String] = []
        var entry = unsafe first
        while let info = unsafe entry {
            if let text = unsafe numeric(info.pointee), !addresses.contains(text) {
                addresses.append(text)
            }
            unsafe entry = info.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw Failure(words: "it has no address") }
        return addresses
    }

    private static func numeric(_ info: addrinfo) -> String? {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let result = unsafe getnameinfo(
            info.ai_addr, info.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        guard result == 0 else { return nil }
        return String(
            decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
