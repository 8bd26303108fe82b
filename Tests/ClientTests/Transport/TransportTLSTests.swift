import Client
import Glibc
import System
import Testing
import TestSupport

/// Whom the transport trusts, behind a real nginx.
@Suite(.serialized) final class TransportTLSTests {
    private let transport = LibWebSocketsTransport()
    private let nginx: NginxWithTLS

    init() throws { nginx = try NginxWithTLS() }

    private func open(
        host: String = "localhost", caFile: String?
    ) async throws -> (connection: any TransportConnection, first: TransportEvent?) {
        var request = TransportRequest(url: "wss://\(host):\(nginx.port)/ws")
        request.caFile = caFile
        let connection = transport.open(request)
        return (connection, try await connection.next(within: patience))
    }

    private func failure(host: String = "localhost", caFile: String?) async throws -> String {
        let (connection, first) = try await open(host: host, caFile: caFile)
        #expect(try await connection.next(within: patience) == nil)
        return try #require(first?.failure, "\(String(describing: first))").description
    }

    @Test(arguments: ["localhost", "127.0.0.1"])
    func `a certificate of the authority given is accepted, for a name and for an address`(
        host: String
    ) async throws {
        let (connection, first) = try await open(host: host, caFile: nginx.authority)
        #expect(first == .opened(subprotocol: nil))
        for length in [1, 100_000, 900_000] {
            let text = [UInt8](repeating: 0x61, count: length)
            connection.send(text)
            let isEchoed = try await connection.next(within: patience) == .text(text)
            #expect(isEchoed)
        }
        connection.send(Array("close:1012".utf8))
        #expect(
            try await connection.next(within: patience) == .closed(code: 1012, reason: "asked"))
    }

    @Test func `a certificate of another authority is refused, with the reason`() async throws {
        let other = try NginxWithTLS.makeCertificate(names: "DNS:localhost")
        let words = try await failure(caFile: other.file("ca.pem"))
        #expect(words.contains("certificate"), "\(words)")
    }

    @Test func `the system's authorities do not vouch for one of ours`() async throws {
        let words = try await failure(caFile: nil)
        #expect(words.contains("certificate"), "\(words)")
    }

    @Test func `a certificate for another name is refused`() async throws {
        // The right authority, but its certificate names localhost and 127.0.0.1 only.
        let words = try await failure(host: "127.0.0.2", caFile: nginx.authority)
        #expect(words.contains("mismatch"), "\(words)")
    }

    @Test func `a file of authorities that is not there is told`() async throws {
        let words = try await failure(caFile: "/nowhere/ca.pem")
        #expect(words.contains("/nowhere/ca.pem") && words.contains("No such file"), "\(words)")
    }

    @Test func `an expired certificate is refused`() async throws {
        let old = try NginxWithTLS(isExpired: true)
        var request = TransportRequest(url: "wss://localhost:\(old.port)/ws")
        request.caFile = old.authority
        let words = try await transport.open(request).events().first?.failure?.description ?? ""
        #expect(words.contains("expired"), "\(words)")
    }

    @Test func `a server without TLS fails`() async throws {
        var request = TransportRequest(url: "wss://localhost:\(nginx.plainPort)/ws")
        request.caFile = nginx.authority
        #expect(try await transport.open(request).events().first?.failure != nil)
    }

    @Test func `nginx's refusal is told by its status and Retry-After`() async throws {
        var request = TransportRequest(url: "wss://localhost:\(nginx.port)/busy")
        request.caFile = nginx.authority
        let failure = try await transport.open(request).events().first?.failure
        #expect(failure?.httpStatus == 503)
        #expect(failure?.retryAfter == .seconds(3))
    }

    @Test func `a hundred connections over TLS come and go`() async throws {
        for _ in 0..<100 {
            let (connection, first) = try await open(caFile: nginx.authority)
            #expect(first == .opened(subprotocol: nil))
            connection.close(code: 1000, reason: "")
            #expect(
                try await connection.next(within: patience) == .closed(code: 1000, reason: ""))
        }
    }
}
