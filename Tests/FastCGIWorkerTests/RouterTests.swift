import FastCGIWorker
import Protocol
import Testing

@Suite struct RouterTests {
    private let router = Router()

    private func match(_ method: String, _ path: String) -> String {
        let segments = RequestTarget(path: path, query: nil).segments
        switch router.match(method: method, segments: segments) {
        case .found(let route, let parameters):
            return "\(route.template) \(parameters.map { "\($0.name)=\($0.value)" })"
        case .wrongMethod(let allowed): return "405 \(allowed.map(\.rawValue))"
        case .unknown: return "404"
        }
    }

    @Test func `each method of each path is served once`() {
        let names = RouteTable.all.map { "\($0.method.rawValue) \($0.template)" }
        #expect(Set(names).count == names.count)
    }

    @Test func `every operation but those on this machine only has exactly one route`() {
        let routed = RouteTable.all.compactMap { route -> Operation? in
            if case .operation(let operation) = route.target { operation } else { nil }
        }
        let own: [Operation] = [.readiness, .metrics]
        let expected = Operation.allCases.filter {
            $0.access != .local && $0.access != .agentWorker && !own.contains($0)
        }
        #expect(Set(routed) == Set(expected))
        #expect(routed.count == expected.count)
    }

    @Test func `only reading and the open routes go without a credential`() {
        let open = RouteTable.all.filter { $0.access == .open }.map(\.template)
        #expect(open == ["/health", "/ready", "/openapi.json", "/api/auth/login"])
    }

    @Test func `parameters of the path are decoded behind the cut at the slashes`() {
        #expect(match("GET", "/api/sessions/s1") == #"/api/sessions/{id} ["id=s1"]"#)
        #expect(match("GET", "/api/sessions/a%2Fb") == #"/api/sessions/{id} ["id=a/b"]"#)
        #expect(
            match("POST", "/api/sessions/s/permissions/r")
                == #"/api/sessions/{id}/permissions/{requestId} ["id=s", "requestId=r"]"#)
        #expect(
            match("GET", "/api/channels/team%3Ax/history")
                == #"/api/channels/{channel}/history ["channel=team:x"]"#)
        #expect(
            match("DELETE", "/api/sessions/s/messages/m")
                == #"/api/sessions/{id}/messages/{messageId} ["id=s", "messageId=m"]"#)
        #expect(match("GET", "/api/sessions/s/messages/m") == #"405 ["DELETE"]"#)
        #expect(match("GET", "/%68ealth") == "/health []")
    }

    @Test(arguments: [
        "", "/", "/api", "/api/", "/api/sessions/", "/api//sessions", "/api/./sessions",
        "/api/specs/..", "/api/sessions/%", "/api/sessions/%zz", "/api/sessions/%ff",
        "/api/sessions/%00", "/health/x", "health",
    ])
    func `a path that is written otherwise is unknown`(path: String) {
        #expect(match("GET", path) == "404")
    }

    @Test func `a known path tells its methods`() {
        #expect(match("PUT", "/api/sessions") == #"405 ["GET", "POST"]"#)
        #expect(match("get", "/health") == #"405 ["GET"]"#)
        #expect(match("HEAD", "/health") == "/health []")
    }

    @Test func `a query is decoded and its broken parts are named`() {
        let target = RequestTarget(path: "/x", query: "q=a+b%21&&empty&limit=5&bad=%f&%=1")
        #expect(target.query.map(\.name) == ["q", "empty", "limit"])
        #expect(target.query.map(\.value) == ["a b!", "", "5"])
        #expect(target.malformedQuery == ["bad", ""])
    }
}
