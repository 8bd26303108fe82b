import System
import Testing

@Suite struct SemaphoreTests {
    @Test func `a count is taken once, and without one the wait ends in time`() {
        let semaphore = Semaphore()
        semaphore.signal()
        #expect(semaphore.wait(atMost: .seconds(30)))
        let start = MonotonicClock.read()
        #expect(!semaphore.wait(atMost: .milliseconds(20)))
        #expect(MonotonicClock.read() - start >= .milliseconds(20))
    }

    @Test func `another thread's signal ends a wait`() {
        let (asked, answered) = (Semaphore(), Semaphore())
        NamedThread.start("semaphore-test") {
            asked.wait()
            answered.signal()
        }
        asked.signal()
        #expect(answered.wait(atMost: .seconds(30)))
    }
}
