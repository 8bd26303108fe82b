import CCurl
import Glibc

/// Owns one `CURL *` with what it refers to: the only file that holds libcurl's pointers.
///
/// Used by one thread at a time. Options stay set until ``reset()``; connections stay open for the
/// next request until the handle is released.
@safe final class CurlHandle {
    /// For ``CurlMulti``, which drives handles that it does not own.
    let handle: UnsafeMutableRawPointer
    private var headerList: UnsafeMutablePointer<curl_slist>?
    /// What libcurl writes into while a request is under way.
    let receiver = CurlReceiver()

    /// libcurl needs this before anything else, once, before other threads use it.
    private static let isInitialised = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init() {
        precondition(Self.isInitialised, "libcurl could not be initialised")
        guard let made = unsafe curl_easy_init() else {
            preconditionFailure("libcurl could not allocate a handle")
        }
        unsafe handle = unsafe made
    }

    deinit {
        unsafe curl_slist_free_all(headerList)
        unsafe curl_easy_cleanup(handle)
    }

    /// Forgets all options, keeps connections, TLS sessions and resolved names.
    func reset() {
        unsafe curl_easy_reset(handle)
        unsafe curl_slist_free_all(headerList)
        unsafe headerList = nil
        set(CURLOPT_NOSIGNAL, 1)
    }

    func set(_ option: CURLoption, _ value: Int) {
        check(unsafe switchboard_curl_set_long(handle, option, value), option)
    }

    /// libcurl copies the text.
    func set(_ option: CURLoption, _ value: String) {
        check(unsafe switchboard_curl_set_string(handle, option, value), option)
    }

    /// Header lines such as `accept: application/json`.
    func setHeaders(_ lines: [String]) {
        for line in lines { unsafe headerList = unsafe curl_slist_append(headerList, line) }
        check(
            unsafe switchboard_curl_set_pointer(handle, CURLOPT_HTTPHEADER, headerList),
            CURLOPT_HTTPHEADER)
    }

    /// libcurl copies the bytes: the size must be set first (CURLOPT_COPYPOSTFIELDS).
    func setBody(_ body: [UInt8]) {
        set(CURLOPT_POSTFIELDSIZE, body.count)
        // An empty array's address may be null, which would ask for a read callback.
        var bytes = body.isEmpty ? [0] : body
        check(
            unsafe switchboard_curl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, &bytes),
            CURLOPT_COPYPOSTFIELDS)
    }

    /// Runs what the options say.
    ///
    /// Blocks.
    func perform(maximumBodyBytes: Int) -> (code: CURLcode, receiver: CurlReceiver) {
        attachReceiver(maximumBodyBytes: maximumBodyBytes)
        return (unsafe curl_easy_perform(handle), receiver)
    }

    /// Lets what arrives go to ``receiver``, which forgets what it had.
    func attachReceiver(maximumBodyBytes: Int) {
        receiver.restart(maximumBodyBytes: maximumBodyBytes)
        // Unretained: the receiver lives as long as the handle.
        let context = unsafe Unmanaged.passUnretained(receiver).toOpaque()
        unsafe switchboard_curl_set_pointer(handle, CURLOPT_WRITEDATA, context)
        unsafe switchboard_curl_set_pointer(handle, CURLOPT_HEADERDATA, context)
        unsafe switchboard_curl_set_callback(handle, CURLOPT_WRITEFUNCTION, bodyArrived)
        unsafe switchboard_curl_set_callback(handle, CURLOPT_HEADERFUNCTION, headerArrived)
    }

    /// Sockets are closed in programs that this process starts: libcurl 7.88 does not see to it.
    func closeSocketsOnExec() {
        check(
            unsafe switchboard_curl_set_open_socket(handle, openSocket), CURLOPT_OPENSOCKETFUNCTION)
    }

    var status: Int { number(CURLINFO_RESPONSE_CODE) }

    /// What a proxy answered to CONNECT; 0 where none was asked.
    var proxyStatus: Int { number(CURLINFO_HTTP_CONNECTCODE) }

    /// Bytes of the request's body that were sent so far.
    var sentBodyBytes: Int {
        var value: curl_off_t = 0
        _ = unsafe switchboard_curl_get_offset(handle, CURLINFO_SIZE_UPLOAD_T, &value)
        return Int(value)
    }

    private func number(_ info: CURLINFO) -> Int {
        var value = 0
        _ = unsafe switchboard_curl_get_long(handle, info, &value)
        return value
    }

    static func reason(_ code: CURLcode) -> String {
        guard let text = unsafe curl_easy_strerror(code) else { return "libcurl error" }
        return unsafe String(cString: text)
    }

    private func check(_ code: CURLcode, _ option: CURLoption) {
        precondition(code == CURLE_OK, "libcurl does not take option \(option.rawValue)")
    }
}

private func bodyArrived(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context else { return 0 }
    let receiver = unsafe Unmanaged<CurlReceiver>.fromOpaque(context).takeUnretainedValue()
    let isTaken = unsafe receiver.appendBody(UnsafeRawBufferPointer(start: bytes, count: count))
    return isTaken ? count : 0
}

private func headerArrived(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context else { return 0 }
    let receiver = unsafe Unmanaged<CurlReceiver>.fromOpaque(context).takeUnretainedValue()
    let line = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
    unsafe receiver.appendHeader(String(decoding: line, as: UTF8.self))
    return count
}

private func openSocket(
    _ context: UnsafeMutableRawPointer?, _ purpose: curlsocktype,
    _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let address = unsafe address?.pointee else { return -1 }
    let type = address.socktype | Int32(SOCK_CLOEXEC.rawValue)
    return socket(address.family, type, address.protocol)
}
