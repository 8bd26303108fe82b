import EventLoop
import Glibc
import Testing

struct DescriptorWatcherTests {
    let loop: EventLoop
    let pair: [Int32]

    init() throws {
        loop = try EventLoop()
        var descriptors: [Int32] = [0, 0]
        try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &descriptors) == 0)
        pair = descriptors
    }

    private func closePair() {
        close(pair[0])
        close(pair[1])
    }

    @Test func `a readable descriptor is reported with what it is ready for`() {
        defer { closePair() }
        var ready: [Interest] = []
        let watcher = loop.watch(pair[0], .read) {
            ready.append($0)
            loop.stop()
        }
        unsafe #expect(write(pair[1], "x", 1) == 1)
        runToStop(loop)
        watcher.cancel()
        #expect(ready == [.read])
    }

    @Test func `a peer's end counts as readable`() {
        close(pair[1])
        defer { close(pair[0]) }
        var ready: [Interest] = []
        let watcher = loop.watch(pair[0], .read) {
            ready.append($0)
            loop.stop()
        }
        runToStop(loop)
        watcher.cancel()
        #expect(ready == [.read])
    }

    @Test func `a paused watcher reports nothing until its interest is back`() {
        defer { closePair() }
        var calls = 0
        let watcher = loop.watch(pair[0], .read) { _ in
            calls += 1
            loop.stop()
        }
        watcher.interest = []
        unsafe #expect(write(pair[1], "x", 1) == 1)
        let pause = loop.schedule(after: .milliseconds(5)) {
            #expect(calls == 0)
            watcher.interest = .read
        }
        runToStop(loop)
        pause.cancel()
        watcher.cancel()
        #expect(calls == 1)
    }

    @Test func `a watcher cancelled by another's callback of the same iteration isn't called`() {
        defer { closePair() }
        unsafe #expect(write(pair[0], "x", 1) == 1)
        unsafe #expect(write(pair[1], "x", 1) == 1)
        var watchers: [DescriptorWatcher] = []
        var calls = 0
        for descriptor in pair {
            watchers.append(
                loop.watch(descriptor, .read) { _ in
                    calls += 1
                    watchers.forEach { $0.cancel() }
                    watchers = []
                    loop.stop()
                })
        }
        runToStop(loop)
        #expect(calls == 1)
    }
}
