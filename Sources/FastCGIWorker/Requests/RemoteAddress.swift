/// The client's address as the web server tells it.
enum RemoteAddress {
    /// 127.0.0.0/8, ::1, or a Unix socket: somebody on this machine.
    static func isLoopback(_ address: String) -> Bool {
        address == "::1" || address == "unix:" || address.hasPrefix("127.")
            || address.hasPrefix("::ffff:127.")
    }
}
