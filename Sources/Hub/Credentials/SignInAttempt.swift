import Crypto
import JSON
import Protocol
import Realtime
import Store

/// One attempt to sign in, as the worker hands it on.
struct SignInAttempt: Sendable {
    let name: UserName
    /// As typed, for the log.
    let user: String
    let password: Secret
    /// Where there are several accounts of the name.
    let team: TeamID?
    let address: ClientAddress
    /// What the person sees of the device in the list of logins.
    let device: String?
    /// Of what the browser keeps since an earlier sign-in; nil for none.
    let deviceDigest: String?
    /// The worker has only the places left that it keeps for known devices.
    let isForKnownDevicesOnly: Bool

    init(_ call: OperationCall) throws {
        self = try call.read { reader in
            let user = reader.requiredString("user", bytes: 1...256)
            return SignInAttempt(
                name: UserName(user), user: user,
                password: Secret(
                    reader.requiredString("password", bytes: 1...PasswordText.maximumBytes)),
                team: reader.identifier("team"),
                address: ClientAddress(reader.string("address", bytes: 1...64) ?? "local"),
                device: reader.string("device", bytes: 1...64),
                deviceDigest: reader.string("deviceToken", bytes: 1...256).map {
                    Digest(of: $0).hex
                },
                isForKnownDevicesOnly: reader.boolean("knownDevicesOnly") ?? false)
        }
    }

    private init(
        name: UserName, user: String, password: Secret, team: TeamID?, address: ClientAddress,
        device: String?, deviceDigest: String?, isForKnownDevicesOnly: Bool
    ) {
        self.name = name
        self.user = user
        self.password = password
        self.team = team
        self.address = address
        self.device = device
        self.deviceDigest = deviceDigest
        self.isForKnownDevicesOnly = isForKnownDevicesOnly
    }

    /// Whom strangers are counted for; a digest of the name, because anybody chooses its length.
    var strangers: [LoginThrottle.Subject] {
        [
            .account(Digest(of: name.folded).hex), .address(address.address),
            .network(address.network),
        ]
    }

    /// Whom a known device is counted for: it, for this name.
    var known: [LoginThrottle.Subject] {
        deviceDigest.map { [.device(Digest(of: "\($0) \(name.folded)").hex)] } ?? []
    }
}
