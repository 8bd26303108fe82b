import Client
import Glibc
import HTTPClient
import JSON
import Protocol

/// Looks at an installation as its clients do: through nginx, over TLS.
struct SiteChecks {
    let origin: String
    let trust: HTTPTrust
    let key: String?

    func run() -> [Finding] { [rest, webSocket] }

    private var rest: Finding {
        do throws(HTTPClientError) {
            let answer = try HTTPClient(trust: trust).perform(
                HTTPRequest("GET", "\(origin)/ready", timeout: .seconds(10)))
            guard answer.status == 200 else {
                return .fail(
                    "rest", "\(origin)/ready is answered with \(answer.status)",
                    Self.remedy(status: answer.status))
            }
            return .ok("rest", "\(origin)/ready is answered with 200")
        } catch {
            let remedy =
                error.cause == .tls
                ? "renew the certificate, or name its authority with --ca-file"
                : "is nginx running, with the site enabled? `nginx -t`, `systemctl status nginx`"
            return .fail("rest", "\(error)", remedy)
        }
    }

    /// With a key up to `connected`; without one a worker's own 401 shows that it has its hub.
    private var webSocket: Finding {
        do throws(ClientError) {
            let socket = try ClientWebSocket(origin: origin, key: key, trust: trust)
            defer { socket.close() }
            let arrival = socket.receive(timeout: .seconds(10))
            guard case .message(let text)? = arrival,
                (try? JSONValue(parsing: text))?["type"] == "connected"  // else it is none of ours
            else {
                return .fail(
                    "websocket", "\(origin)/ws upgrades, and then says nothing",
                    "look at the logs of the WebSocket workers")
            }
            return .ok("websocket", "\(origin)/ws upgrades and greets")
        } catch .refused(let error) where error.code == .authRequired && key == nil {
            return .ok("websocket", "\(origin)/ws answers; give a key to go further")
        } catch .refused(let error) {
            return .fail(
                "websocket", "\(origin)/ws refuses: \(error)",
                Self.remedy(status: error.code.httpStatus))
        } catch {
            return .fail(
                "websocket", "\(origin)/ws: \(error)",
                "compare the site with nginx/switchboard.conf; look at nginx's log")
        }
    }

    private static func remedy(status: Int) -> String {
        switch status {
        case 401, 403: "the key is not good: make one with `switchboard keys create`"
        case 404: "nginx serves another site under this name"
        case 502, 504: "start the workers; can nginx's user reach their sockets (group)?"
        case 503: "start the hub; look at its log"
        default: "look at nginx's log and at the workers'"
        }
    }
}
