import Access
import Crypto
import Daemon
import JSON
import Protocol
import Realtime
import Testing
import WebSocketWorker
import WebSockets

let team: TeamID = "t1"
let keyToken = "swk_k1.secret"
let loginToken = "swl_l1.secret"

func credential(
    _ id: CredentialID, login: Bool = false, team: TeamID = team, expiresAt: Timestamp? = nil
) -> Credential {
    Credential(
        id: id, digest: Digest(of: "secret").hex, subject: login ? .login("u1", .member) : .apiKey,
        teamID: team, scopes: [.publish], expiresAt: expiresAt)
}

func channel(_ name: String) -> ChannelName {
    do { return try ChannelName(parsing: name) } catch { preconditionFailure("\(name): \(error)") }
}

func identity(_ name: String, of owner: TeamID = team) -> ChannelIdentity {
    ChannelIdentity(channel(name), of: owner)
}

func command(_ text: String) -> Result<ClientCommand, CommandError> {
    do throws(CommandError) {
        return .success(try ClientCommand(parsing: Array(text.utf8)))
    } catch {
        return .failure(error)
    }
}

func position(_ offset: Offset, _ epoch: Epoch = "e1") -> StreamPosition {
    StreamPosition(epoch: epoch, offset: offset)
}

/// A page whose texts are the offsets in decimal.
func page(_ offsets: ClosedRange<Offset>, reachesHead: Bool = true) -> Page {
    let texts = offsets.map { Array("\($0)".utf8) }
    return Page(
        items: zip(offsets, texts).map { Page.Item(offset: $0, bytes: $1.count) },
        texts: texts.flatMap { $0 }, reachesHead: reachesHead)
}
