import CLibWebSockets
import EventLoop
import Glibc

/// libwebsockets' HTTP client on our loop: it connects, does TLS over OpenSSL, writes the request
/// and reads the head of the answer; what follows a 101 is read and written as it is.
///
/// Confined to the loop's thread, and never released: one is enough for a process, and more than
/// one would break each other, because version 4.1.6 keeps OpenSSL's index of its connections in a
/// global that every context with TLS overwrites (`lws_context_init_ssl_library`).
///
/// The HTTP role is used, and not the WebSocket one, for the reasons given at ``FrameDecoder``. Its
/// raw role has no TLS in this version: it shakes hands before there is a socket
/// (`lws_client_connect_via_info`). Flow control is not `lws_rx_flow_control`, which stops the
/// writing of an HTTP client too, but not to read.
@safe final class ClientContext {
    private static let readBytes: UInt32 = 64 * 1024
    /// For the head of an answer, together with what the request is made of.
    private static let headBytes: UInt16 = 16 * 1024
    /// libwebsockets' own deadlines are out of reach, because ours come first: a libev loop serves
    /// its timers late.
    private static let noTimeoutSeconds: UInt32 = 86_400
    fileprivate static let name: StaticString = "switchboard-client"

    private let context: OpaquePointer
    private let protocols: UnsafeMutablePointer<lws_protocols>

    init(loop: EventLoop, maximumSockets: Int) throws(WebSocketsError) {
        try EventPlugin.check()
        unsafe protocols = .allocate(capacity: 2)
        unsafe protocols.initialize(repeating: lws_protocols(), count: 2)
        unsafe protocols[0].name = text(Self.name)
        unsafe protocols[0].callback = serveClient
        unsafe protocols[0].tx_packet_size = 1024 * 1024
        var info = unsafe Self.info(protocols)
        // Its own tables, sized for us: the default are those of a server, one entry for every
        // descriptor that the process may have.
        unsafe info.fd_limit_per_thread = UInt32(maximumSockets + 8)
        unsafe info.pt_serv_buf_size = Self.readBytes + UInt32(LWS_PRE_BYTES)
        unsafe info.max_http_header_data2 = UInt32(Self.headBytes)
        unsafe info.timeout_secs = Self.noTimeoutSeconds
        unsafe info.connect_timeout_secs = Self.noTimeoutSeconds
        var foreignLoop: UnsafeMutableRawPointer? = unsafe loop.foreignHandle
        // It has the whole process ignore SIGPIPE, which is not a client's to decide.
        var atBrokenPipe = sigaction()
        unsafe sigaction(SIGPIPE, nil, &atBrokenPipe)
        let made = unsafe withUnsafeMutablePointer(to: &foreignLoop) { foreignLoop in
            unsafe info.foreign_loops = foreignLoop
            return unsafe lws_create_context(&info)
        }
        unsafe sigaction(SIGPIPE, &atBrokenPipe, nil)
        Self.blockBrokenPipes()
        guard let made = unsafe made else {
            unsafe protocols.deallocate()
            throw WebSocketsError.creationFailed
        }
        unsafe context = unsafe made
    }

    /// OpenSSL writes with `write`; the signal of a broken connection goes to the writing thread.
    private static func blockBrokenPipes() {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGPIPE)
        _ = unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    private static func info(
        _ protocols: UnsafeMutablePointer<lws_protocols>
    ) -> lws_context_creation_info {
        var info = unsafe lws_context_creation_info()
        unsafe info.options =
            UInt64(LWS_SERVER_OPTION_LIBEV) | UInt64(LWS_SERVER_OPTION_EXPLICIT_VHOSTS)
            | UInt64(LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT)
        unsafe info.port = CONTEXT_PORT_NO_LISTEN
        unsafe info.protocols = UnsafePointer(protocols)
        return unsafe info
    }

    /// What a connection trusts; loads the certificates.
    ///
    /// - Parameter caFile: exists; nil for the system's.
    func trust(caFile: String?) -> ClientTrust? {
        var info = unsafe Self.info(protocols)
        unsafe info.vhost_name = text(Self.name)
        // Else it goes over the environment's http_proxy, also to this machine.
        unsafe info.http_proxy_address = text("")
        // Without a file it trusts what lies in "../share", seen from wherever this process is.
        let file = Array((caFile ?? "/etc/ssl/certs/ca-certificates.crt").utf8CString)
        if caFile != nil {
            unsafe info.options |= UInt64(LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS)
        }
        let made = unsafe file.withUnsafeBufferPointer { file in
            unsafe info.client_ssl_ca_filepath = file.baseAddress
            return unsafe lws_create_vhost(context, &info)
        }
        return unsafe made.map { unsafe ClientTrust($0) }
    }

    /// Begins to connect to a numeric address.
    ///
    /// The connection must live until its `transportFailed` or `transportClosed`.
    /// - Returns: nil when it failed already; then there is no call.
    func connect(
        _ connection: WebSocketClientConnection, to address: String, _ url: WebSocketURL,
        _ trust: ClientTrust
    ) -> TransportSocket? {
        let address = Array(address.utf8CString)
        let authority = Array(url.authority.utf8CString)
        let target = Array(url.target.utf8CString)
        var info = unsafe lws_client_connect_info()
        unsafe info.context = unsafe context
        unsafe info.vhost = unsafe trust.virtualHost
        unsafe info.port = Int32(url.port)
        unsafe info.ssl_connection = Int32(LCCSCF_HTTP_NO_FOLLOW_REDIRECT.rawValue)
        if url.isTLS { unsafe info.ssl_connection |= Int32(LCCSCF_USE_SSL.rawValue) }
        unsafe info.method = text("GET")
        unsafe info.alpn = text("http/1.1")
        // Bound to its protocol by name; unbound it would swallow what it reads.
        unsafe info.local_protocol_name = text(Self.name)
        unsafe info.opaque_user_data = Unmanaged.passUnretained(connection).toOpaque()
        let wsi = unsafe address.withUnsafeBufferPointer { address in
            unsafe authority.withUnsafeBufferPointer { authority in
                unsafe target.withUnsafeBufferPointer { target in
                    unsafe info.address = address.baseAddress
                    unsafe info.host = authority.baseAddress
                    unsafe info.path = target.baseAddress
                    return unsafe lws_client_connect_via_info(&info)
                }
            }
        }
        return unsafe wsi.map { unsafe TransportSocket($0) }
    }
}

/// Whom to trust, as libwebsockets keeps it: a virtual host with its certificates.
///
/// To be released outside of any call of libwebsockets, after the last connection with it.
@safe final class ClientTrust {
    fileprivate let virtualHost: OpaquePointer

    fileprivate init(_ virtualHost: OpaquePointer) { unsafe self.virtualHost = unsafe virtualHost }

    deinit { unsafe lws_vhost_destroy(virtualHost) }
}

extension TransportSocket {
    /// The head of the server's answer; only within `transportAnswered`.
    fileprivate var answer: ClientHandshake.Answer {
        ClientHandshake.Answer(
            status: unsafe Int(lws_http_client_http_response(wsi)),
            upgrade: header(WSI_TOKEN_UPGRADE), connection: header(WSI_TOKEN_CONNECTION),
            accept: header(WSI_TOKEN_ACCEPT), subprotocol: header(WSI_TOKEN_PROTOCOL),
            extensions: header(WSI_TOKEN_EXTENSIONS),
            retryAfter: header(WSI_TOKEN_HTTP_RETRY_AFTER))
    }

    private func header(_ token: lws_token_indexes) -> String? {
        let count = unsafe Int(lws_hdr_total_length(wsi, token))
        guard count > 0 else { return nil }
        var value = [CChar](repeating: 0, count: count + 2)
        let copied = unsafe lws_hdr_copy(wsi, &value, Int32(value.count), token)
        guard copied > 0 else { return nil }
        let bytes = value.prefix(count).map { UInt8(bitPattern: $0) }
        return RequestHead.trimmed(Substring(decoding: bytes, as: UTF8.self))
    }

    /// Reads once, and calls `transportReceived` within.
    /// - Returns: false at the end of the connection, which is then to be killed.
    func read() -> Bool {
        var bytes: UnsafeMutablePointer<CChar>?
        var count: Int32 = 0
        return unsafe lws_http_client_read(wsi, &bytes, &count) == 0
    }

    /// Ends the calls for this socket.
    fileprivate func forget() { unsafe lws_set_opaque_user_data(wsi, nil) }
}

/// Writes header lines where libwebsockets is composing its request.
///
/// - Parameters:
///   - cursor: where the pointer to the next free byte is; `room` bytes are free.
/// - Returns: whether they fit.
private func append(
    _ lines: [UInt8], at cursor: UnsafeMutableRawPointer?, room: Int
) -> Bool {
    let cursor = unsafe cursor?.assumingMemoryBound(to: UnsafeMutablePointer<UInt8>.self)
    guard let cursor = unsafe cursor, lines.count <= room else { return false }
    var next = unsafe cursor.pointee
    // It adds this to every request that is not to be pipelined, and an upgrade is neither.
    let unwanted = Array("connection: close\r\n".utf8)
    if unsafe memcmp(next - unwanted.count, unwanted, unwanted.count) == 0 {
        unsafe next -= unwanted.count
    }
    unsafe next.update(from: lines, count: lines.count)
    unsafe cursor.pointee = unsafe next + lines.count
    return true
}

private func serveClient(
    _ wsi: OpaquePointer?, _ reason: lws_callback_reasons, _ user: UnsafeMutableRawPointer?,
    _ bytes: UnsafeMutableRawPointer?, _ count: Int
) -> Int32 {
    guard let wsi = unsafe wsi, let data = unsafe lws_get_opaque_user_data(wsi) else { return 0 }
    let connection = unsafe Unmanaged<WebSocketClientConnection>.fromOpaque(data)
        .takeUnretainedValue()
    let goesOn = unsafe serve(connection, TransportSocket(wsi), reason, bytes, count)
    return goesOn ? 0 : -1
}

/// - Returns: false to have the socket closed.
private func serve(
    _ connection: WebSocketClientConnection, _ socket: TransportSocket,
    _ reason: lws_callback_reasons, _ bytes: UnsafeMutableRawPointer?, _ count: Int
) -> Bool {
    switch reason {
    case LWS_CALLBACK_WSI_CREATE: connection.transportReached()
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return unsafe append(connection.headerLines, at: bytes, room: count)
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP: connection.transportAnswered(socket.answer)
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return connection.transportReadable(socket)
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
        let input = unsafe UnsafeBufferPointer(
            start: bytes?.assumingMemoryBound(to: UInt8.self), count: count)
        unsafe connection.transportReceived(input.span)
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE: connection.transportWritable()
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
        connection.transportCompleted()
        return false
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR, LWS_CALLBACK_CLOSED_CLIENT_HTTP,
        LWS_CALLBACK_WSI_DESTROY:
        socket.forget()
        connection.transportClosed(unsafe words(reason, bytes, count))
    default: break
    }
    return !connection.isDead
}

/// What libwebsockets says about a connection that failed.
private func words(
    _ reason: lws_callback_reasons, _ bytes: UnsafeMutableRawPointer?, _ count: Int
) -> String? {
    guard reason == LWS_CALLBACK_CLIENT_CONNECTION_ERROR, let bytes = unsafe bytes else {
        return nil
    }
    let text = unsafe UnsafeRawBufferPointer(start: bytes, count: count).prefix { $0 != 0 }
    return unsafe String(decoding: text, as: UTF8.self)
}

private func text(_ text: StaticString) -> UnsafePointer<CChar> {
    unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}
