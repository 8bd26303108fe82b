import Daemon
import FastCGIWorker
import JSON
import Testing

@Suite struct SignInTests {
    private func places(_ capacity: Int, of threads: Int) -> PasswordPlaces {
        PasswordPlaces(capacity: capacity, threads: threads, metrics: Metrics(process: "fcgi"))
    }

    @Test func `one network gets half of the places, strangers all but those of known devices`() {
        let places = places(4, of: 16)
        let first = (1...40).compactMap { places.enter("2001:db8::\($0)", isKnown: false) }
        #expect(first.count == 2)
        let others = (1...40).compactMap { places.enter("192.0.\($0).1", isKnown: false) }
        #expect(others.count == 2)
        #expect(places.enter("203.0.113.1", isKnown: false) == nil)
        #expect(places.enter("203.0.113.1", isKnown: true) == .kept)
        #expect(places.enter("203.0.113.1", isKnown: true) == .kept)
        #expect(places.enter("203.0.113.1", isKnown: true) == nil)
        for place in first + others { places.leave(place) }
        places.leave(.kept)
        #expect(places.enter("203.0.113.1", isKnown: false) != nil)
    }

    @Test func `passwords get half of the threads at most, and one where there is one`() {
        let few = places(4, of: 4)
        #expect((1...9).compactMap { few.enter("192.0.\($0).1", isKnown: false) }.count == 2)
        #expect(places(4, of: 1).enter("192.0.2.1", isKnown: false) != nil)
    }

    @Test(arguments: [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "Firefox on Linux"
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari on iPhone"
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0",
            "Edge on Windows"
        ),
        (
            "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36",
            "Chrome on Android"
        ),
        ("curl/7.88.1", "curl/7.88.1"),
        ("python-httpx/0.27\u{1B}[31m\u{202E}x", "python-httpx/0.27"),
        ("<script>alert(1)</script>", nil), ("", nil),
    ])
    func `a device is told in words of ours`(userAgent: String, name: String?) {
        #expect(DeviceName.of(userAgent) == name)
    }

    @Test func `the mark of a device is taken from one cookie and kept over the sign-out`() {
        let bench = Bench(FakeGate(), .result([:]))
        let cookie = "a=b; __Host-switchboard.device=abc"
        let headers = [
            "content-type": "application/json", "cookie": cookie, "user-agent": "curl/8",
        ]
        _ = bench.send(
            "POST", "/api/auth/login", body: #"{"user":"u","password":"p"}"#, headers: headers)
        #expect(
            bench.parameters?["deviceToken"] == "abc" && bench.parameters?["device"] == "curl/8")
        let doubled = Bench(FakeGate(), .result([:]))
        _ = doubled.send(
            "POST", "/api/auth/login", body: #"{"user":"u","password":"p"}"#,
            headers: ["content-type": "application/json", "cookie": "\(cookie); \(cookie)"])
        #expect(doubled.parameters?["deviceToken"] == nil)
    }

    @Test func `an admin of a team is told that the configuration takes another`() {
        let response = Bench(.key(.admin)).send("PATCH", "/api/config", body: "{}")
        #expect(response.status == 403 && response.code == "FORBIDDEN")
        #expect(response.json?["error"]?["message"]?.stringValue?.contains("installation") == true)
    }
}
