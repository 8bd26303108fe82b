import Glibc
import System
import Testing
import TestSupport

@Suite struct UnixListenerTests {
    @Test func `a connection is accepted once, with its user, and has the listener's mode`() throws
    {
        let directory = try TemporaryDirectory()
        let path = directory.file("socket")
        let listener = try UnixListener(path: path, backlog: 8, mode: 0o620)
        defer { listener.close() }
        var status = stat()
        #expect(unsafe stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o620)
        let client = try UnixSocket.connect(to: path)
        defer { close(client) }
        let accepted = try UnixSocket.accept(from: listener.descriptor)
        defer { close(accepted) }
        #expect(UnixSocket.peerUser(of: accepted) == geteuid())
        #expect(fcntl(accepted, F_GETFL) & O_NONBLOCK != 0)
        #expect(fcntl(accepted, F_GETFD) & FD_CLOEXEC != 0)
        #expect(throws: SystemError(EAGAIN)) {
            try UnixSocket.accept(from: listener.descriptor)
        }
    }

    @Test func `a dead process's socket is replaced, a living one's and a file are not`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("socket")
        // Closed without removing the file, as if the process had been killed.
        try UnixListener(path: path, backlog: 8, mode: 0o600).close()
        #expect(UnixSocket.probe(path)?.systemError == SystemError(ECONNREFUSED))
        let listener = try UnixListener(path: path, backlog: 0, mode: 0o600)
        defer { listener.close() }
        #expect(UnixSocket.probe(path) == nil)
        #expect(throws: UnixSocketError.inUse(path: path)) {
            try UnixListener(path: path, backlog: 8, mode: 0o600)
        }
        _ = unsafe unlink(path)
        unsafe close(open(path, O_CREAT | O_WRONLY, 0o600))
        #expect(throws: UnixSocketError.notASocket(path: path)) {
            try UnixListener(path: path, backlog: 8, mode: 0o600)
        }
    }

    @Test func `the file of a successor stays`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("socket")
        let listener = try UnixListener(path: path, backlog: 8, mode: 0o600)
        listener.close()
        // The old inode is held, so that the successor's is another one.
        #expect(unsafe rename(path, directory.file("kept")) == 0)
        let successor = try UnixListener(path: path, backlog: 8, mode: 0o600)
        defer { successor.close() }
        listener.removeFile()
        #expect(UnixSocket.probe(path) == nil)
        successor.removeFile()
        #expect(unsafe access(path, F_OK) != 0)
    }

    @Test func `paths that are relative or too long are named`() {
        #expect(throws: UnixSocketError.relativePath("socket")) {
            try UnixListener(path: "socket", backlog: 8, mode: 0o600)
        }
        let long = "/" + String(repeating: "x", count: UnixAddress.maximumBytes)
        #expect(UnixSocket.probe(long) == .pathTooLong(path: long, maximum: 107))
    }

    @Test func `an errno reads as words with its number`() {
        #expect("\(SystemError(ENOENT))" == "No such file or directory (errno 2)")
    }
}
