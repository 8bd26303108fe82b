import Glibc
import System
import TestSupport
import Testing

@Suite struct LoopbackTests {
    @Test func `a free port is found, told and reached`() throws {
        let listener = try LoopbackListener(LoopbackAddress(port: 0), backlog: 4)
        defer { listener.close() }
        #expect(listener.address.port > 0)
        let client = try BlockingSocket.connect(loopbackPort: listener.address.port)
        defer { close(client) }
        let accepted = try UnixSocket.accept(from: listener.descriptor)
        defer { close(accepted) }
        #expect(fcntl(accepted, F_GETFL) & O_NONBLOCK != 0)
    }

    @Test func `a port that is taken says where, and by whom`() throws {
        let listener = try LoopbackListener(LoopbackAddress(port: 0), backlog: 1)
        defer { listener.close() }
        let error = #expect(throws: LoopbackError.self) {
            try LoopbackListener(listener.address, backlog: 1)
        }
        #expect(error?.isUnknownAddress == false)
        #expect(error?.description.contains("127.0.0.1:\(listener.address.port)") == true)
        #expect(error?.description.hasSuffix("another program has the port") == true)
    }

    @Test func `addresses read as nginx and people write them`() {
        #expect("\(LoopbackAddress(port: 8443))" == "127.0.0.1:8443")
        #expect("\(LoopbackAddress(.v6, port: 1))" == "[::1]:1")
    }
}
