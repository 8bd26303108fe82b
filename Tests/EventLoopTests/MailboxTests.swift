import EventLoop
import Glibc
import Synchronization
import Testing

/// A thread of its own, joined before the test ends.
private func onThread(_ body: @escaping @Sendable () -> Void) -> () -> Void {
    let box = unsafe Unmanaged.passRetained(ThreadBody(body))
    var thread = pthread_t()
    let made = unsafe pthread_create(
        &thread, nil,
        { argument in
            if let argument = unsafe argument {
                unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().body()
            }
            return nil
        }, box.toOpaque())
    precondition(made == 0, "a test couldn't make a thread")
    return { pthread_join(thread, nil) }
}

private final class ThreadBody: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

struct MailboxTests {
    let loop: EventLoop

    init() throws { loop = try EventLoop() }

    @Test func `messages of another thread arrive in order and all of them`() {
        var received: [Int] = []
        let mailbox = loop.mailbox(capacity: 10_000) { (messages: [Int]) in
            received += messages
            if received.count == 5_000 { loop.stop() }
        }
        let join = onThread { for number in 0..<5_000 { _ = mailbox.post(number) } }
        runToStop(loop)
        join()
        #expect(received == Array(0..<5_000))
    }

    @Test func `a full mailbox refuses, and takes again once it was read`() {
        var received: [Int] = []
        let mailbox = loop.mailbox(capacity: 2) { (messages: [Int]) in
            received += messages
            loop.stop()
        }
        #expect(mailbox.post(1))
        #expect(mailbox.post(2))
        #expect(!mailbox.post(3))
        runToStop(loop)
        #expect(received == [1, 2])
        #expect(mailbox.post(4))
    }

    @Test
    func `a closed mailbox delivers what it took, refuses the rest and releases its receiver`() {
        final class Canary {}
        var canary: Canary? = Canary()
        weak let weakCanary = canary
        let mailbox = loop.mailbox(capacity: 2) { [canary, loop] (messages: [Int]) in
            _ = canary
            #expect(messages == [1])
            loop.stop()
        }
        canary = nil
        #expect(mailbox.post(1))
        mailbox.close()
        #expect(!mailbox.post(2))
        runToStop(loop)
        #expect(weakCanary == nil)
    }

    @Test func `a mailbox that outlives its loop refuses`() throws {
        var shortLived: EventLoop? = try EventLoop()
        let mailbox = shortLived?.mailbox(capacity: 2) { (_: [Int]) in }
        shortLived = nil
        #expect(mailbox?.post(1) == false)
    }
}
