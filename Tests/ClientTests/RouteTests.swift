import Client
import HTTPClient
import JSON
import Protocol
import Testing

@Suite struct RouteTests {
    @Test func `parameters go into the path, the query or the body`() throws {
        let list = try #require(
            Route(.listSessions, ["teamId": "t", "status": "idle", "q": "a b&c", "limit": 200]))
        #expect(list.method == "GET")
        #expect(list.target == "/api/sessions?status=idle&q=a%20b%26c&limit=200")
        #expect(list.body == nil)
        let update = try #require(Route(.updateSession, ["id": "s1", "name": "x"]))
        #expect(update.method == "PATCH")
        #expect(update.target == "/api/sessions/s1")
        #expect(try update.body.map { try JSONValue(parsing: $0) } == ["name": "x"])
    }

    @Test func `a message and a question are named by two ids`() throws {
        let session: JSONObject = ["id": "s1", "teamId": "t"]
        var parameters = session
        parameters["messageId"] = "m1"
        let takenBack = try #require(Route(.deleteMessage, parameters))
        #expect(takenBack.method == "DELETE")
        #expect(takenBack.target == "/api/sessions/s1/messages/m1")
        parameters = session
        parameters["requestId"] = "p1"
        parameters["allowed"] = true
        let answer = try #require(Route(.answerPermission, parameters))
        #expect(answer.target == "/api/sessions/s1/permissions/p1")
        #expect(try answer.body.map { try JSONValue(parsing: $0) } == ["allowed": true])
        #expect(Route(.createMessage, session)?.target == "/api/sessions/s1/messages")
        #expect(Route(.listMessages, session)?.target == "/api/sessions/s1/messages")
    }

    @Test func `an id cannot leave its segment`() throws {
        let route = try #require(Route(.deleteKey, ["id": "../users/é?x=1"]))
        #expect(route.target == "/api/keys/..%2Fusers%2F%C3%A9%3Fx%3D1")
    }

    @Test func `what belongs to the hub's own machine has no route`() {
        for operation in Operation.allCases where operation.access == .local {
            #expect(Route(operation, [:]) == nil)
        }
    }

    @Test(arguments: [
        ("https://u:p@h.example:8443/x?apiKey=s", "https://h.example:8443"),
        ("https://h#f", "https://h"), ("h.example/x", "an address without a scheme"),
    ])
    func `an error shows where, never with what`(url: String, expected: String) {
        #expect(HTTPClientError.origin(of: url) == expected)
    }
}
