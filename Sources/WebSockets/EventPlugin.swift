import Glibc

/// The file by which libwebsockets runs on a libev loop, of a Debian package of its own.
enum EventPlugin {
    private static let file = "libwebsockets-evlib_ev.so"

    /// libwebsockets loads it when a context is made, and does not tell its absence from other failures.
    ///
    /// It stays loaded, as it does with the first context.
    static func check() throws(WebSocketsError) {
        guard unsafe dlopen(file, RTLD_NOW) != nil else { throw .pluginMissing(file) }
    }
}
