import Protocol
import Realtime
import Testing
import WebSocketWorker

struct CatchUpTests {
    @Test func `pages are handed out in order, asked for one by one, until the live position`() {
        var catchUp = CatchUp(
            identity("team:a"), from: position(1), page: page(2...3, reachesHead: false))
        #expect(catchUp.isBusy)
        #expect(catchUp.next(head: position(5)) == .deliver(0..<1))
        #expect(catchUp.next(head: position(5)) == .deliver(1..<2))
        #expect(!catchUp.isBusy)
        #expect(catchUp.next(head: position(5)) == .read(since: position(3)))
        #expect(catchUp.isBusy)
        #expect(catchUp.next(head: position(5)) == .wait)
        catchUp.received(page(4...5))
        #expect(catchUp.next(head: position(5)) == .deliver(0..<1))
        #expect(catchUp.next(head: position(5)) == .deliver(1..<2))
        #expect(catchUp.next(head: position(5)) == .caughtUp)
    }

    @Test func `a page that reached the head isn't the end when others got more meanwhile`() {
        var catchUp = CatchUp(identity("team:a"), from: position(1), page: page(2...2))
        #expect(catchUp.next(head: position(2)) == .deliver(0..<1))
        #expect(catchUp.next(head: position(4)) == .read(since: position(2)))
    }

    @Test func `publications that the subscriber has are skipped`() {
        var catchUp = CatchUp(identity("team:a"), from: position(3), page: page(2...4))
        #expect(catchUp.next(head: position(4)) == .deliver(2..<3))
        #expect(catchUp.next(head: position(4)) == .caughtUp)
    }

    @Test func `while the channel isn't joined it hands out what it has, then waits`() {
        var catchUp = CatchUp(identity("team:a"), from: position(1), page: page(2...2))
        #expect(catchUp.next(head: nil) == .deliver(0..<1))
        #expect(catchUp.next(head: nil) == .wait)
        #expect(catchUp.next(head: position(3)) == .read(since: position(2)))
        catchUp.readWasLost()
        #expect(catchUp.next(head: position(3)) == .read(since: position(2)))
    }

    @Test func `a gap, another epoch or an empty page before the head is lost`() {
        var gap = CatchUp(identity("team:a"), from: position(1), page: page(3...3))
        #expect(gap.next(head: position(3)) == .lost)
        var epoch = CatchUp(identity("team:a"), from: position(1))
        #expect(epoch.next(head: position(1, "e2")) == .lost)
        var empty = CatchUp(identity("team:a"), from: position(1))
        #expect(empty.next(head: position(2)) == .read(since: position(1)))
        empty.received(.empty)
        #expect(empty.next(head: position(2)) == .lost)
    }
}

struct WorkerChannelTests {
    private let subject = WorkerChannel(channel("team:a"), of: team)

    @Test func `live subscribers get each publication once, from where they joined`() {
        #expect(subject.joined(at: position(5)))
        subject.addLive(0)
        #expect(subject.receive(5) == .skip)
        #expect(subject.receive(6) == .deliver)
        #expect(subject.receive(6) == .skip)
        #expect(subject.receive(8) == .lost)
        #expect(subject.position == position(6))
    }

    @Test func `nothing is delivered before the channel is joined or while it resumes`() {
        #expect(subject.receive(1) == .skip)
        #expect(subject.joined(at: position(0)))
        subject.addLive(0)
        subject.link = .resuming
        #expect(subject.receive(1) == .skip)
        #expect(subject.livePosition == nil)
        #expect(subject.receive(position(1)) == .deliver)
    }

    @Test func `a second subscribe that finds another head is a loss`() {
        #expect(subject.joined(at: position(5)))
        subject.addLive(0)
        #expect(subject.joined(at: position(5)))
        #expect(!subject.joined(at: position(7)))
    }

    @Test func `leaving takes a subscriber out of both groups`() {
        _ = subject.joined(at: position(0))
        for slot in 0..<4 { subject.addLive(Outbox.Slot(slot)) }
        subject.addBehind(9)
        subject.remove(0)
        subject.remove(9)
        #expect(Set(subject.live) == [1, 2, 3])
        #expect(subject.behind.isEmpty)
        subject.removeAll()
        #expect(subject.isIdle)
        subject.openRequests = 1
        #expect(!subject.isIdle)
    }
}
