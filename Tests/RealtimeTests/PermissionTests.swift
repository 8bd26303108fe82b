import Realtime
import Testing
import TestSupport

@Suite struct `Permissions` {
    private let yes = PermissionAnswer(allowed: true, by: "user:anna")
    private let no = PermissionAnswer(allowed: false, by: "key:phone")

    @Test func `the first answer wins and every later one is refused`() {
        var question = PermissionStateMachine(expiresAt: at(60))
        #expect(question.answer(no, at: at(1)) == .resolve(.answered(no)))
        #expect(question.answer(yes, at: at(2)) == .refuseAlreadyResolved)
        #expect(question.passTime(to: at(61)) == .ignore)
        #expect(question.withdraw(.agentGone) == .ignore)
        #expect(question.state == .ended(.answered(no)))
    }

    @Test func `without an answer it times out, once, and counts as denied`() {
        var question = PermissionStateMachine(expiresAt: at(60))
        #expect(question.passTime(to: at(59)) == .wait(until: at(60)))
        #expect(question.passTime(to: at(60)) == .timeOut)
        #expect(question.state == .ended(.timedOut) && !PermissionOutcome.timedOut.allowed)
        #expect(question.passTime(to: at(61)) == .ignore)
        #expect(question.answer(yes, at: at(62)) == .refuseAlreadyResolved)
    }

    @Test func `an approval that comes after the time is no approval, although no timer fired`() {
        var question = PermissionStateMachine(expiresAt: at(60))
        #expect(question.answer(yes, at: at(60)) == .timeOut)
        #expect(question.state == .ended(.timedOut))
    }

    @Test func `a question without a time-out waits`() {
        var question = PermissionStateMachine(expiresAt: nil)
        #expect(question.passTime(to: at(1_000_000)) == .wait(until: nil))
        #expect(question.answer(yes, at: at(1_000_001)) == .resolve(.answered(yes)))
    }

    @Test(arguments: PermissionWithdrawal.allCases)
    func `a withdrawn question is a denial`(_ reason: PermissionWithdrawal) {
        var question = PermissionStateMachine(expiresAt: at(60))
        #expect(question.withdraw(reason) == .resolve(.withdrawn(reason)))
        #expect(!PermissionOutcome.withdrawn(reason).allowed)
        #expect(question.answer(yes, at: at(1)) == .refuseAlreadyResolved)
    }

    /// Answers, clocks and deaths in any order: it ends once, and only an answer before the time
    /// can be an approval.
    @Test(arguments: seeds) func `no failure approves and nothing ends twice`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let expiresAt = random.oneIn(4) ? nil : at(Int64.random(in: 0...20, using: &random))
            var question = PermissionStateMachine(expiresAt: expiresAt)
            var ends = 0
            for _ in 0..<12 {
                let now = at(Int64.random(in: 0...25, using: &random))
                let isApproval = random.oneIn(3)
                let action =
                    isApproval
                    ? question.answer(yes, at: now)
                    : random.oneIn(2)
                        ? question.passTime(to: now)
                        : random.oneIn(4)
                            ? question.withdraw(.agentGone) : question.answer(no, at: now)
                switch action {
                case .resolve(let outcome):
                    ends += 1
                    if outcome.allowed { #expect(isApproval && now < (expiresAt ?? at(99))) }
                case .timeOut: ends += 1
                case .refuseAlreadyResolved, .ignore: #expect(ends == 1)
                case .wait: #expect(ends == 0)
                }
            }
            #expect(ends <= 1)
        }
    }

    @Test func `deadlines come out for the timer, earliest first`() {
        var deadlines = PermissionDeadlines()
        deadlines.schedule(PermissionKey("s1", "p"), at: at(60))
        deadlines.schedule(PermissionKey("s2", "p"), at: at(1))
        #expect(deadlines.next == at(1))
        #expect(deadlines.popDue(at: at(59)) == [PermissionKey("s2", "p")])
        #expect(deadlines.next == at(60))
    }

    private func at(_ seconds: Int64) -> Timestamp {
        Timestamp(milliseconds: seconds * 1_000)
    }
}
