import EventLoop
import Testing

struct TimerTests {
    let loop: EventLoop

    init() throws { loop = try EventLoop() }

    @Test func `a timer fires once, and not early, even when set long before the loop runs`() {
        let start = freshClock()
        while freshClock() < start + .milliseconds(30) {}
        let set = freshClock()
        var fired: [Duration] = []
        let timer = loop.schedule(after: .milliseconds(20)) {
            fired.append(freshClock())
            loop.stop()
        }
        runToStop(loop)
        #expect(fired.count == 1)
        #expect(!timer.isActive)
        // libev compares with a clock read at the start of the iteration: 1 ms of tolerance.
        #expect(fired.allSatisfy { $0 - set >= .milliseconds(19) })
    }

    @Test func `a repeating timer repeats until it is cancelled by its own callback`() {
        var count = 0
        var timer: Timer?
        timer = loop.schedule(after: .zero, repeating: .milliseconds(1)) {
            count += 1
            guard count == 3 else { return }
            timer?.cancel()
            loop.stop()
        }
        runToStop(loop)
        #expect(count == 3)
        #expect(timer?.isActive == false)
    }

    @Test func `rescheduling moves the next call`() {
        var order: [String] = []
        let moved = loop.schedule(after: .zero) {
            order.append("moved")
            loop.stop()
        }
        let other = loop.schedule(after: .milliseconds(2)) { order.append("other") }
        moved.reschedule(after: .milliseconds(10))
        runToStop(loop)
        other.cancel()
        #expect(order == ["other", "moved"])
    }

    @Test func `a released timer doesn't fire`() {
        var fired = false
        var timer: Timer? = loop.schedule(after: .zero) { fired = true }
        #expect(timer?.isActive == true)
        timer = nil
        let stop = loop.schedule(after: .milliseconds(5)) { loop.stop() }
        runToStop(loop)
        stop.cancel()
        #expect(!fired)
    }

    @Test func `a timer released by its own callback harms nothing`() {
        var timer: Timer?
        timer = loop.schedule(after: .zero) {
            timer = nil
            loop.stop()
        }
        runToStop(loop)
        #expect(timer == nil)
    }
}
