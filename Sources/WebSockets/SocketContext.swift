import CLibWebSockets
import EventLoop
import Glibc

/// libwebsockets on our loop, with one protocol: raw sockets that it reads, buffers and writes.
///
/// Confined to the loop's thread. This file and ``ClientContext``'s hold the pointers of
/// libwebsockets, no other. The raw role
/// is used, and not the WebSocket one, for the reasons given at ``FrameDecoder``; its HTTP parser
/// (CVE-2025-11677) and its timers, which a libev loop serves late, are out of the picture too.
@safe final class SocketContext {
    /// Read from a socket at once, and so the most that is decoded without looking at the others.
    private static let readBytes: UInt32 = 64 * 1024
    private static let name: StaticString = "switchboard"

    // Both live as long as this object; libwebsockets keeps the pointer to its protocols.
    private let context: OpaquePointer
    private let virtualHost: OpaquePointer
    private let protocols: UnsafeMutablePointer<lws_protocols>

    init(loop: EventLoop, log: @escaping @Sendable (String) -> Void) throws(WebSocketsError) {
        LibraryLog.listen(asServer: log)
        try EventPlugin.check()
        unsafe protocols = .allocate(capacity: 2)
        unsafe protocols.initialize(repeating: lws_protocols(), count: 2)
        unsafe protocols[0].name = UnsafeRawPointer(Self.name.utf8Start)
            .assumingMemoryBound(to: CChar.self)
        unsafe protocols[0].callback = serveSocket
        // One write is cut to this; the rest would wait for the next round of the loop.
        unsafe protocols[0].tx_packet_size = 1024 * 1024
        guard let made = unsafe Self.make(loop, protocols) else {
            unsafe protocols.deallocate()
            throw WebSocketsError.creationFailed
        }
        unsafe context = unsafe made.context
        unsafe virtualHost = unsafe made.virtualHost
    }

    private static func make(
        _ loop: EventLoop, _ protocols: UnsafeMutablePointer<lws_protocols>
    ) -> (context: OpaquePointer, virtualHost: OpaquePointer)? {
        var info = unsafe lws_context_creation_info()
        unsafe info.options =
            UInt64(LWS_SERVER_OPTION_LIBEV) | UInt64(LWS_SERVER_OPTION_EXPLICIT_VHOSTS)
        unsafe info.port = CONTEXT_PORT_NO_LISTEN
        unsafe info.pt_serv_buf_size = readBytes + UInt32(LWS_PRE_BYTES)
        unsafe info.protocols = UnsafePointer(protocols)
        var foreignLoop: UnsafeMutableRawPointer? = unsafe loop.foreignHandle
        return unsafe withUnsafeMutablePointer(to: &foreignLoop) { foreignLoop in
            unsafe info.foreign_loops = foreignLoop
            guard let context = unsafe lws_create_context(&info) else { return nil }
            guard let virtualHost = unsafe lws_create_vhost(context, &info) else {
                unsafe lws_context_destroy(context)
                return nil
            }
            return unsafe (context, virtualHost)
        }
    }

    deinit {
        unsafe lws_context_destroy(context)
        unsafe protocols.deallocate()
    }

    /// Hands over a connected socket, which is closed whatever happens.
    ///
    /// The connection is retained until `transportClosed`, and gets its socket by
    /// `transportOpened`, within this call.
    /// - Returns: false when libwebsockets refused it.
    func adopt(_ descriptor: Int32, for connection: WebSocketConnection) -> Bool {
        var description = unsafe lws_adopt_desc_t()
        unsafe description.vh = unsafe virtualHost
        unsafe description.type = LWS_ADOPT_SOCKET
        unsafe description.fd.sockfd = descriptor
        // Released in `serveSocket` at LWS_CALLBACK_RAW_CLOSE, or below.
        let retained = unsafe Unmanaged.passRetained(connection)
        unsafe description.opaque = unsafe retained.toOpaque()
        if unsafe lws_adopt_descriptor_vhost_via_info(&description) != nil { return true }
        if !connection.isTransportClosed { unsafe retained.release() }
        return false
    }
}

/// One socket of libwebsockets.
///
/// Valid until `transportClosed` or `transportFailed`.
@safe struct TransportSocket {
    let wsi: OpaquePointer

    init(_ wsi: OpaquePointer) { unsafe self.wsi = unsafe wsi }

    /// Sends bytes as they are; what the socket does not take is copied, kept and sent first.
    /// - Returns: false when the socket is broken.
    func write(_ bytes: Span<UInt8>) -> Bool {
        unsafe bytes.withUnsafeBufferPointer {
            unsafe switchboard_lws_write_raw(wsi, $0.baseAddress, $0.count) >= 0
        }
    }

    /// Whether an earlier write is still waiting for the socket.
    var hasBufferedOutput: Bool { unsafe lws_partial_buffered(wsi) != 0 }

    /// Asks for `transportWritable` when the socket takes bytes and nothing is buffered.
    func requestWritable() { _ = unsafe lws_callback_on_writable(wsi) }

    func setReading(_ isReading: Bool) { _ = unsafe lws_rx_flow_control(wsi, isReading ? 1 : 0) }

    /// Half-closes: the peer sees the end after everything written.
    func shutdownOutput() { _ = unsafe shutdown(lws_get_socket_fd(wsi), Int32(SHUT_WR)) }

    /// Closes at once and calls `transportClosed`; not from a call of libwebsockets.
    func kill() { unsafe lws_set_timeout(wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_SYNC) }
}

private func serveSocket(
    _ wsi: OpaquePointer?, _ reason: lws_callback_reasons, _ user: UnsafeMutableRawPointer?,
    _ bytes: UnsafeMutableRawPointer?, _ count: Int
) -> Int32 {
    guard let wsi = unsafe wsi, let data = unsafe lws_get_opaque_user_data(wsi) else { return 0 }
    let retained = unsafe Unmanaged<WebSocketConnection>.fromOpaque(data)
    let connection = unsafe retained.takeUnretainedValue()
    switch reason {
    case LWS_CALLBACK_RAW_ADOPT: unsafe connection.transportOpened(TransportSocket(wsi))
    case LWS_CALLBACK_RAW_RX:
        let input = unsafe UnsafeBufferPointer(
            start: bytes?.assumingMemoryBound(to: UInt8.self), count: count)
        unsafe connection.transportReceived(input.span)
    case LWS_CALLBACK_RAW_WRITEABLE: connection.transportWritable()
    case LWS_CALLBACK_RAW_CLOSE:
        unsafe lws_set_opaque_user_data(wsi, nil)
        connection.transportClosed()
        unsafe retained.release()
    default: break
    }
    return 0
}

/// The two keys of a handshake, RFC 6455 §4.1 and §4.2.2; SHA-1 and Base64 are libwebsockets'.
package enum AcceptKey {
    /// The answer to a client's key.
    package static func of(_ key: String) -> String {
        let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
        var digest = [UInt8](repeating: 0, count: 20)
        _ = unsafe lws_SHA1(text, text.count, &digest)
        return base64(digest)
    }

    /// A client's key: 16 random bytes.
    static func random() -> String {
        base64((0..<16).map { _ in UInt8.random(in: .min ... .max) })
    }

    /// - Parameter bytes: at most 20, as its callers have.
    private static func base64(_ bytes: [UInt8]) -> String {
        // 28 characters, and the zero byte that the function appends.
        var encoded = [CChar](repeating: 0, count: 40)
        let count = unsafe bytes.withUnsafeBytes { bytes in
            unsafe lws_b64_encode_string(
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count),
                &encoded, 40)
        }
        precondition(count > 0, "Base64 of up to 20 bytes fits")
        let characters = encoded.prefix(Int(count)).map { UInt8(bitPattern: $0) }
        return String(decoding: characters, as: UTF8.self)
    }
}
