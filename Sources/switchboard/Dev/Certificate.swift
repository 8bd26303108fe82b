import Glibc

/// The certificate of a development installation, made once and renewed before it expires.
///
/// A small authority of its own signs it, so that clients can verify it with `ca.pem`. The
/// authority's key is thrown away afterwards and its name constraint reaches this machine only:
/// who trusts `ca.pem` trusts nothing else by it.
enum Certificate {
    /// A leaf for these, as every client of a development machine calls it.
    private static let names = "DNS:localhost,IP:127.0.0.1,IP:::1"
    private static let constraint =
        "critical,permitted;DNS:localhost,permitted;IP:127.0.0.0/255.0.0.0,"
        + "permitted;IP:0:0:0:0:0:0:0:1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
    /// Apple's systems refuse leaves that live longer.
    private static let days = "397"
    private static let renewalSeconds = "604800"

    /// Makes it in `directory` (mode 0700) unless a usable one is there.
    ///
    /// Blocks for openssl.
    static func ensure(in directory: String, openssl: String) throws(CommandFailure) {
        let leaf = "\(directory)/fullchain.pem"
        if FileSystem.exists("\(directory)/privkey.pem"), FileSystem.exists("\(directory)/ca.pem") {
            let check = ["x509", "-checkend", renewalSeconds, "-noout", "-in", leaf]
            if try Tool.run(openssl, check).status.isSuccess { return }
        }
        try FileSystem.makeDirectory(directory)
        try make(in: directory, openssl: openssl)
    }

    private static func make(in directory: String, openssl: String) throws(CommandFailure) {
        let authorityKey = "\(directory)/ca-key.pem"
        let request = "\(directory)/request.pem"
        defer {
            FileSystem.remove(authorityKey)
            FileSystem.remove(request)
        }
        let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        try run(
            openssl,
            ["req", "-x509"] + newKey + [
                "-keyout", authorityKey, "-out", "\(directory)/ca.pem", "-days", days,
                "-subj", "/CN=Switchboard development authority",
                "-addext", "basicConstraints=critical,CA:TRUE,pathlen:0",
                "-addext", "keyUsage=critical,keyCertSign",
                "-addext", "nameConstraints=\(constraint)",
            ])
        try run(
            openssl,
            ["req", "-new"] + newKey + [
                "-keyout", "\(directory)/privkey.pem", "-out", request, "-subj", "/CN=localhost",
                "-addext", "subjectAltName=\(names)",
                "-addext", "basicConstraints=critical,CA:FALSE",
                "-addext", "keyUsage=critical,digitalSignature",
                "-addext", "extendedKeyUsage=serverAuth",
            ])
        try run(
            openssl,
            [
                "x509", "-req", "-in", request, "-CA", "\(directory)/ca.pem",
                "-CAkey", authorityKey, "-set_serial", "0x\(serial())", "-days", days,
                "-copy_extensions", "copy", "-out", "\(directory)/fullchain.pem",
            ])
    }

    private static func run(_ openssl: String, _ arguments: [String]) throws(CommandFailure) {
        let result = try Tool.run(openssl, arguments)
        guard result.status.isSuccess else {
            throw CommandFailure(
                "could not make a certificate: openssl ended with \(result.status):\n\(result.output)"
            )
        }
    }

    /// 63 random bits, positive.
    private static func serial() -> String {
        var random = SystemRandomNumberGenerator()
        return String(Int64.random(in: 1...Int64.max, using: &random), radix: 16)
    }
}
