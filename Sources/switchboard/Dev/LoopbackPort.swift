import Glibc
import System

/// The port that nginx is to have on this machine's own addresses.
enum LoopbackPort {
    /// The addresses to listen at, as nginx writes them; IPv6 where the machine has it.
    ///
    /// Port 0 stands for any free one. Waits up to a second for a port that is just being freed by
    /// an installation that was killed, and then says who could not have it.
    static func reserve(
        _ wanted: UInt16
    ) throws(CommandFailure) -> (port: UInt16, listen: [String]) {
        var attempts = 20
        while true {
            do {
                let port = try bind(wanted, .v4) ?? wanted
                let hasIPv6 = try bind(port, .v6) != nil
                return (
                    port,
                    [LoopbackAddress(port: port).description]
                        + (hasIPv6 ? [LoopbackAddress(.v6, port: port).description] : [])
                )
            } catch {
                attempts -= 1
                guard attempts > 0 else { throw error }
                usleep(50_000)
            }
        }
    }

    /// Binds, asks which port it is, and lets go again; nil where the family is not there.
    private static func bind(
        _ port: UInt16, _ family: LoopbackAddress.Family
    ) throws(CommandFailure) -> UInt16? {
        do throws(LoopbackError) {
            let listener = try LoopbackListener(LoopbackAddress(family, port: port), backlog: 1)
            listener.close()
            return listener.address.port
        } catch {
            if error.isUnknownAddress { return nil }
            throw CommandFailure("\(error); choose another one with --port")
        }
    }
}
