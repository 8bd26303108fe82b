import CCurl
import EventLoop

/// Owns one `CURLM *` and drives its transfers from an event loop: the only file that holds it.
///
/// libcurl says which sockets and which time it waits for; the loop says when they are ready
/// (`curl_multi_socket_action`). Nothing of a caller runs inside libcurl, so a caller may start and
/// cancel transfers whenever it is called.
@safe final class CurlMulti {
    private let multi: UnsafeMutableRawPointer
    private let loop: EventLoop
    private var watchers: [Int32: DescriptorWatcher] = [:]
    private var timer: Timer?
    /// Called after each step with the handles that are done.
    private let stepped: ([(handle: CurlHandle, code: CURLcode)]) -> Void
    /// Transfers under way, by the number of their `CURL *`.
    private var handles: [Int: CurlHandle] = [:]

    /// `stepped` is called on the loop, outside of libcurl, and may use this object.
    init(
        loop: EventLoop,
        stepped: @escaping ([(handle: CurlHandle, code: CURLcode)]) -> Void
    ) {
        // The easy interface makes sure that the library is initialised.
        _ = CurlHandle()
        guard let made = unsafe curl_multi_init() else {
            preconditionFailure("libcurl could not allocate a multi handle")
        }
        unsafe multi = unsafe made
        self.loop = loop
        self.stepped = stepped
        // Unretained: the callbacks are taken away in `deinit`.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe switchboard_curl_multi_set_socket_callback(multi, curlChangedSocket, context)
        unsafe switchboard_curl_multi_set_timer_callback(multi, curlChangedTimer, context)
        unsafe switchboard_curl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
        // Idle connections kept for the next request.
        unsafe switchboard_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 16)
    }

    deinit {
        unsafe switchboard_curl_multi_set_socket_callback(multi, nil, nil)
        unsafe switchboard_curl_multi_set_timer_callback(multi, nil, nil)
        for handle in handles.values { unsafe curl_multi_remove_handle(multi, handle.handle) }
        unsafe curl_multi_cleanup(multi)
    }

    /// Starts what the handle's options say and keeps the handle until ``remove(_:)``.
    func add(_ handle: CurlHandle) {
        handles[unsafe Int(bitPattern: handle.handle)] = handle
        let code = unsafe curl_multi_add_handle(multi, handle.handle)
        precondition(code == CURLM_OK, "libcurl does not take a transfer: \(code.rawValue)")
    }

    /// Ends a transfer; the connection of one that was not done is closed at once.
    func remove(_ handle: CurlHandle) {
        unsafe curl_multi_remove_handle(multi, handle.handle)
        handles[unsafe Int(bitPattern: handle.handle)] = nil
    }

    fileprivate func socketChanged(_ descriptor: Int32, _ what: Int32) {
        guard what != CURL_POLL_REMOVE else {
            watchers.removeValue(forKey: descriptor)?.cancel()
            return
        }
        // CURL_POLL_IN, _OUT and _INOUT have the values of `Interest`.
        let interest = Interest(rawValue: what & 3)
        if let watcher = watchers[descriptor] {
            watcher.interest = interest
        } else {
            watchers[descriptor] = loop.watch(descriptor, interest) { [unowned self] ready in
                step(descriptor, ready.rawValue)
            }
        }
    }

    /// libcurl must not be called from here.
    fileprivate func timerChanged(_ milliseconds: Int) {
        guard milliseconds >= 0 else {
            timer = nil
            return
        }
        timer = loop.schedule(after: .milliseconds(milliseconds)) { [unowned self] in
            step(CURL_SOCKET_TIMEOUT, 0)
        }
    }

    private func step(_ socket: curl_socket_t, _ ready: Int32) {
        var running: Int32 = 0
        // Readiness has the values of CURL_CSELECT_IN and _OUT.
        _ = unsafe curl_multi_socket_action(multi, socket, ready, &running)
        var done: [(handle: CurlHandle, code: CURLcode)] = []
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(multi, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE,
                let pointer = unsafe message.pointee.easy_handle,
                let handle = handles[Int(bitPattern: pointer)]
            else { continue }
            done.append((handle, unsafe message.pointee.data.result))
        }
        stepped(done)
    }
}

private func curlChangedSocket(
    _ easy: UnsafeMutableRawPointer?, _ socket: curl_socket_t, _ what: Int32,
    _ context: UnsafeMutableRawPointer?, _ perSocket: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context = unsafe context else { return 0 }
    unsafe Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue()
        .socketChanged(socket, what)
    return 0
}

private func curlChangedTimer(
    _ multi: UnsafeMutableRawPointer?, _ milliseconds: Int, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context = unsafe context else { return 0 }
    unsafe Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue()
        .timerChanged(milliseconds)
    return 0
}
