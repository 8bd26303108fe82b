import Realtime
import Testing

@Suite struct LoginThrottleTests {
    private var throttle = LoginThrottle()
    private let now = Duration.seconds(100)

    /// An attempt that fails; the wait of the refusal, or nil for one that was judged.
    private mutating func fail(_ subjects: LoginThrottle.Subject..., at now: Duration) -> Duration?
    {
        switch throttle.begin(subjects, at: now) {
        case .refuse(_, let wait): return wait
        case .check:
            throttle.end(subjects, as: .wrong, at: now)
            return nil
        }
    }

    @Test mutating func `an account's failures lead to growing waits, its success forgives`() {
        var now = now
        for address in 0..<11 {
            #expect(fail(.account("a"), .address("\(address)"), at: now) == nil)
        }
        #expect(fail(.account("a"), .address("z"), at: now) == .seconds(1))
        #expect(fail(.account("b"), .address("z"), at: now) == nil)
        now += .seconds(1)
        #expect(fail(.account("a"), .address("z"), at: now) == nil)
        #expect(fail(.account("a"), .address("z"), at: now) == .seconds(2))
        now += .seconds(2)
        #expect(throttle.begin([.account("a")], at: now) == .check)
        throttle.end([.account("a")], as: .right, at: now)
        for _ in 0..<10 { #expect(fail(.account("a"), at: now) == nil) }
    }

    @Test mutating func `an address and a network that try many accounts have to wait`() {
        for account in 0..<51 {
            #expect(fail(.account("\(account)"), .address("x"), at: now) == nil)
        }
        #expect(fail(.account("new"), .address("x"), at: now) == .seconds(1))
        #expect(fail(.account("new"), .address("y"), at: now) == nil)
        for address in 0..<101 {
            let subject = LoginThrottle.Subject.account("of network \(address)")
            #expect(fail(subject, .address("n\(address)"), .network("n"), at: now) == nil)
        }
        #expect(fail(.account("new"), .address("fresh"), .network("n"), at: now) == .seconds(1))
    }

    @Test mutating func `an account waits at most a minute, and a quiet window forgets`() {
        var now = now
        var longest = Duration.zero
        for _ in 0..<40 {
            while let wait = fail(.account("a"), at: now) {
                longest = max(longest, wait)
                now += wait
            }
        }
        #expect(longest == .seconds(60))
        now += .seconds(901)
        for _ in 0..<10 { #expect(fail(.account("a"), at: now) == nil) }
    }

    @Test mutating func `many at once are one at a time once the free failures are used`() {
        let subjects = [LoginThrottle.Subject.account("a")]
        for _ in 0..<10 { #expect(throttle.begin(subjects, at: now) == .check) }
        #expect(throttle.begin(subjects, at: now) == .refuse(.account, retryAfter: .seconds(1)))
    }

    @Test mutating func `what was refused or never judged does not count`() {
        let subjects = [LoginThrottle.Subject.account("a"), .address("x")]
        for _ in 0..<1_000 {
            #expect(throttle.begin(subjects, at: now) == .check)
            throttle.end(subjects, as: .unjudged, at: now)
        }
        #expect(throttle.count == 0)
        for _ in 0..<11 { _ = fail(.account("a"), at: now) }
        for second in 0..<1_000 {
            #expect(fail(.account("a"), at: now + .milliseconds(second)) != nil)
        }
        #expect(fail(.account("a"), at: now + .seconds(1)) == nil)
    }

    @Test mutating func `a known device is counted for itself`() {
        for _ in 0..<11 { _ = fail(.account("a"), .address("x"), .network("n"), at: now) }
        #expect(fail(.account("a"), at: now) != nil)
        for _ in 0..<11 { #expect(fail(.device("d"), at: now) == nil) }
        #expect(fail(.device("d"), at: now) == .seconds(1))
        #expect(fail(.device("e"), at: now) == nil)
    }

    @Test mutating func `a success gives an address its own attempt back and no other`() {
        for _ in 0..<51 { _ = fail(.address("x"), at: now) }
        let later = now + .seconds(1)
        #expect(throttle.begin([.account("own"), .address("x")], at: later) == .check)
        throttle.end([.account("own"), .address("x")], as: .right, at: later)
        #expect(fail(.address("x"), at: later) == nil)
        #expect(fail(.address("x"), at: later) == .seconds(2))
    }

    @Test func `full tables forget who failed least recently and refuse nobody`() {
        var limits = LoginThrottle.Limits()
        limits.maximumSubjects = 10
        var throttle = LoginThrottle(limits: limits)
        for attempt in 0..<1_020 {
            let subjects: [LoginThrottle.Subject] = [
                .account("a\(attempt)"), .address("x\(attempt)"), .network("n\(attempt)"),
            ]
            let time = Duration.milliseconds(10 * attempt)
            #expect(throttle.begin(subjects, at: time) == .check)
            throttle.end(subjects, as: .wrong, at: time)
            #expect(throttle.count <= 30)
        }
        #expect(throttle.evictions > 0)
        #expect(throttle.begin([.account("new"), .address("y")], at: .seconds(11)) == .check)
    }
}

@Suite struct ClientAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1", "192.0.2.0/24"),
        ("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.0/24"),
        ("::FFFF:c000:201", "192.0.2.1", "192.0.2.0/24"),
        ("2001:db8:0:1::5", "2001:db8:0:1:0:0:0:5", "2001:db8:0:1::/64"),
        ("2001:DB8::1:0:0:5%eth0", "2001:db8:0:0:1:0:0:5", "2001:db8:0:0::/64"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2002:c000:201:7::1", "2002:c000:201:7:0:0:0:1", "2002:c000:201::/48"),
        ("::1", "0:0:0:0:0:0:0:1", "0:0:0:0::/64"),
        ("unix:", "local", "local"), ("", "local", "local"), (":::", "local", "local"),
        ("1.2.3", "local", "local"), ("1.2.3.256", "local", "local"),
        ("1:2:3:4:5:6:7:8:9", "local", "local"), ("1::2::3", "local", "local"),
        ("+1::2", "local", "local"), ("1:2:3:4:5:6:7::8:9", "local", "local"),
    ])
    func `an address has one spelling and one network`(
        text: String, address: String, network: String
    ) {
        let client = ClientAddress(text)
        #expect(client.address == address && client.network == network)
    }
}
