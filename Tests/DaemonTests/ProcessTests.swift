import Daemon
import EventLoop
import Glibc
import Testing
import TestSupport

@Suite(.serialized) struct ProcessTests {
    @Test func `a replaced file has its content and its mode`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("secret")
        #expect(try SmallFile.read(path, maximumBytes: 10) == nil)
        try SmallFile.replace(path, with: Array("one".utf8), mode: 0o600)
        try SmallFile.replace(path, with: Array("two".utf8), mode: 0o600)
        #expect(try SmallFile.read(path, maximumBytes: 3) == Array("two".utf8))
        var status = stat()
        try #require(unsafe stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(throws: SmallFileError.self) { try SmallFile.read(path, maximumBytes: 2) }
    }

    @Test func `an error names the file and the system's reason`() {
        let error = #expect(throws: SmallFileError.self) {
            try SmallFile.replace("/nonexistent/file", with: [], mode: 0o600)
        }
        #expect(error?.description.hasSuffix("No such file or directory (errno 2)") == true)
    }

    @Test(arguments: [false, true])
    func `the service manager hears of readiness`(isAbstract: Bool) throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("notify")
        let manager = try NotifyReceiver(isAbstract ? "@\(path)" : path)
        let notify = Notify(environment: [
            "NOTIFY_SOCKET": isAbstract ? "@\(path)" : path, "WATCHDOG_USEC": "4000000",
        ])
        notify.ready(status: "1 connection\n")
        #expect(manager.receive() == "READY=1\nSTATUS=1 connection\\n")
        notify.watchdog()
        #expect(manager.receive() == "WATCHDOG=1")
        notify.stopping()
        #expect(manager.receive() == "STOPPING=1\nSTATUS=draining")
        #expect(notify.watchdogInterval == .seconds(2))
    }

    @Test func `without a manager nothing is sent and nothing fails`() {
        let notify = Notify(environment: ["WATCHDOG_USEC": "4000000"])
        notify.ready(status: "alone")
        #expect(notify.watchdogInterval == nil)
    }

    @Test func `signals stop, reload and do no harm`() throws {
        let loop = try EventLoop()
        var heard: [String] = []
        let signals = StopSignal(
            loop: loop,
            stop: { again in
                heard.append("stop \(again)")
                if again { loop.stop() } else { kill(getpid(), SIGINT) }
            },
            reload: {
                heard.append("reload")
                kill(getpid(), SIGTERM)
            })
        kill(getpid(), SIGPIPE)
        kill(getpid(), SIGHUP)
        loop.run()
        #expect(heard == ["reload", "stop false", "stop true"])
        withExtendedLifetime(signals) {}
    }
}
