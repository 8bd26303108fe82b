import Hub
import JSON
import Protocol
import Realtime
import Testing

@Suite struct StrangerTests {
    private func code(_ body: () throws -> Void) -> ErrorCode? {
        do {
            try body()
            return nil
        } catch { return (error as? OperationError)?.code }
    }

    @Test func `a known device signs in while strangers keep the account locked`() throws {
        let fixture = try Fixture { $0.hub.loginFailuresPerAccount = 1 }
        let ann = try Person(fixture)
        let device = try ann.signIn().text("deviceToken")
        for address in 1...2 { _ = try? ann.signIn("wrong", from: "198.51.\(address).1") }
        #expect(code { try ann.signIn(from: "203.0.113.1") } == .rateLimited)
        #expect(code { try ann.signIn(device: "made up") } == .rateLimited)
        let again = try ann.signIn(device: device)
        #expect(again["deviceToken"]?.isNull == true, "It has it already.")
        #expect(code { try ann.signIn(from: "203.0.113.1") } == .rateLimited, "Still locked.")
        // Its own failures count.
        for _ in 1...2 {
            #expect(code { try ann.signIn("wrong", device: device) } == .invalidLogin)
        }
        #expect(code { try ann.signIn(device: device) } == .rateLimited)
    }

    @Test func `a device is known for its own person only`() throws {
        let fixture = try Fixture { $0.hub.loginFailuresPerAccount = 1 }
        let (ann, bob) = (try Person(fixture), try Person(fixture, "bob"))
        let device = try bob.signIn().text("deviceToken")
        for _ in 1...2 { _ = try? ann.signIn("wrong") }
        #expect(code { try ann.signIn(device: device) } == .rateLimited)
    }

    @Test func `names from one network shut out that network and nobody else`() throws {
        let fixture = try Fixture { $0.hub.loginFailuresPerNetwork = 5 }
        let ann = try Person(fixture)
        for number in 0..<10_200 {
            _ = try? fixture.hub.call(
                fixture.fcgi, .login,
                [
                    "user": .string("name \(number)"), "password": "x",
                    "address": .string("2001:db8:1:1::\(String(number, radix: 16))"),
                ])
        }
        #expect(code { try ann.signIn(from: "2001:db8:1:1:ffff::1") } == .rateLimited)
        try ann.signIn(from: "2001:db8:1:2::1")
        try ann.signIn(from: "192.0.2.1")
    }

    @Test func `a place that is kept for known devices is for them only`() throws {
        let fixture = try Fixture()
        let ann = try Person(fixture)
        let device = try ann.signIn().text("deviceToken")
        let kept: JSONObject = ["knownDevicesOnly": true]
        #expect(code { try ann.signIn(device: "made up", kept) } == .rateLimited)
        try ann.signIn(device: device, kept)
    }

    @Test func `a person's devices are bounded`() throws {
        let fixture = try Fixture {
            $0.hub.maximumDevicesPerUser = 2
            $0.hub.loginFailuresPerAccount = 1
        }
        let ann = try Person(fixture)
        let devices = try (1...3).map { _ in
            try fixture.hub.wait(.seconds(1))
            return try ann.signIn().text("deviceToken")
        }
        for _ in 1...2 { _ = try? ann.signIn("wrong") }
        #expect(code { try ann.signIn(device: devices[0]) } == .rateLimited)
        try ann.signIn(device: devices[1])
        try ann.signIn(device: devices[2])
    }
}
