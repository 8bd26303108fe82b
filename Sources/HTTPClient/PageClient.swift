import CCurl
import Glibc

/// Fetches pages from addresses that somebody else chose, and connects only where it may.
///
/// Every address is asked about when a socket for it is made, after the name was resolved: what
/// was asked about is what is connected to, whatever the name says a moment later. No redirects, no
/// proxies (they would connect in our place), no connection used twice. Blocks; from any thread.
public struct PageClient: Sendable {
    /// Whether an address may be connected to.
    public let admits: @Sendable (RemoteAddress) -> Bool

    public init(admits: @escaping @Sendable (RemoteAddress) -> Bool) {
        self.admits = admits
    }

    /// Gets one page, `http` or `https`; any status is an answer.
    public func get(
        _ url: String, maximumBytes: Int, timeout: Duration
    ) throws(PageError) -> Page {
        let handle = CurlHandle()
        handle.reset()
        handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
        handle.set(CURLOPT_FOLLOWLOCATION, 0)
        handle.set(CURLOPT_PROXY, "")
        handle.set(CURLOPT_URL, url)
        handle.set(CURLOPT_TIMEOUT_MS, max(1, timeout.inMilliseconds))
        // Everything that libcurl can unpack; the limit counts what came out.
        handle.set(CURLOPT_ACCEPT_ENCODING, "")
        handle.setHeaders([
            "user-agent: Switchboard", "accept: text/html, text/*;q=0.9, */*;q=0.5",
        ])
        let admission = Admission(admits)
        handle.admit(by: admission)
        let (code, received) = handle.perform(maximumBodyBytes: maximumBytes)
        if let refused = admission.refused, code != CURLE_OK { throw .forbidden(refused) }
        guard code == CURLE_OK || received.isTooLarge else {
            throw .failed(HTTPClientError(code, url: url))
        }
        return Page(
            status: handle.status, headers: received.headers, body: received.body,
            isCut: received.isTooLarge)
    }
}

/// An answer to a ``PageClient``.
public struct Page: Sendable {
    public let status: Int
    /// In the order received, names in lower case.
    public let headers: [(name: String, value: String)]
    public let body: [UInt8]
    /// Whether there was more than was taken.
    public let isCut: Bool

    /// The first header of this name, given in lower case.
    public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// Why there is no page.
public enum PageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The address that its name stands for may not be connected to.
    case forbidden(RemoteAddress)
    case failed(HTTPClientError)

    public var description: String {
        switch self {
        case .forbidden(let address): "its address \(address) is not one of the public internet"
        case .failed(let error): "\(error)"
        }
    }
}

/// Who is asked during one request; used by that request's thread alone.
private final class Admission {
    let admits: (RemoteAddress) -> Bool
    var refused: RemoteAddress?

    init(_ admits: @escaping (RemoteAddress) -> Bool) { self.admits = admits }

    func admit(_ address: RemoteAddress) -> Bool {
        if admits(address) { return true }
        refused = address
        return false
    }
}

extension CurlHandle {
    /// Unretained: the caller keeps it until the request has ended.
    fileprivate func admit(by admission: Admission) {
        let context = unsafe Unmanaged.passUnretained(admission).toOpaque()
        _ = unsafe switchboard_curl_set_admission(handle, openAdmittedSocket, context)
    }
}

/// The socket that libcurl connects with; -1 (`CURL_SOCKET_BAD`) for an address that is refused.
private func openAdmittedSocket(
    _ context: UnsafeMutableRawPointer?, _ purpose: curlsocktype,
    _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let context = unsafe context, let address = unsafe address else { return -1 }
    let admission = unsafe Unmanaged<Admission>.fromOpaque(context).takeUnretainedValue()
    let remote = unsafe withUnsafePointer(to: &address.pointee.addr) { unsafe RemoteAddress($0) }
    guard let remote, admission.admit(remote) else { return -1 }
    let type = unsafe address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
    return unsafe socket(address.pointee.family, type, address.pointee.protocol)
}
