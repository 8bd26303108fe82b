import EventLoop
import Glibc
import Testing

/// Runs the loop until a callback stops it; a loop that nobody stops ends with a failed test.
func runToStop(_ loop: EventLoop, within limit: Duration = .seconds(60)) {
    let guardTimer = loop.schedule(after: limit) {
        Issue.record("the loop wasn't stopped within \(limit)")
        loop.stop()
    }
    loop.run()
    guardTimer.cancel()
}

struct EventLoopTests {
    let loop: EventLoop

    init() throws { loop = try EventLoop() }

    @Test func `a loop that was stopped before runs one iteration`() {
        var iterations = 0
        let watcher = loop.atEndOfIteration { iterations += 1 }
        loop.stop()
        loop.run()
        watcher.cancel()
        #expect(iterations == 1)
    }

    @Test func `a loop can run again after it was stopped`() {
        for _ in 0..<2 {
            let timer = loop.schedule(after: .milliseconds(1)) { loop.stop() }
            runToStop(loop)
            #expect(!timer.isActive)
        }
    }

    @Test func `now stands still within an iteration`() {
        var before = Duration.zero
        var after = Duration.zero
        let timer = loop.schedule(after: .zero) {
            before = loop.now
            var spin = loop.now
            while spin < before + .milliseconds(2) { spin = freshClock() }
            after = loop.now
            loop.stop()
        }
        runToStop(loop)
        timer.cancel()
        #expect(before == after)
        #expect(loop.now > after)
    }

    @Test func `ends of iterations run in the order of registration, after what was ready`() {
        var calls: [String] = []
        let first = loop.atEndOfIteration { calls.append("first") }
        let second = loop.atEndOfIteration {
            calls.append("second")
            if calls.contains("timer") { loop.stop() }
        }
        let timer = loop.schedule(after: .milliseconds(1)) { calls.append("timer") }
        runToStop(loop)
        first.cancel()
        second.cancel()
        timer.cancel()
        #expect(calls.suffix(3) == ["timer", "first", "second"])
    }

    @Test func `an end of iteration can cancel itself and the next one`() {
        var calls: [String] = []
        var second: EndOfIterationWatcher?
        var first: EndOfIterationWatcher?
        first = loop.atEndOfIteration {
            calls.append("first")
            first?.cancel()
            second?.cancel()
            loop.stop()
        }
        second = loop.atEndOfIteration { calls.append("second") }
        runToStop(loop)
        #expect(calls == ["first"])
    }

    @Test func `a signal is handled on the loop`() {
        var handled = 0
        let watcher = loop.onSignal(SIGUSR2) {
            handled += 1
            loop.stop()
        }
        kill(getpid(), SIGUSR2)
        runToStop(loop)
        watcher.cancel()
        #expect(handled == 1)
    }
}

func freshClock() -> Duration {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}
