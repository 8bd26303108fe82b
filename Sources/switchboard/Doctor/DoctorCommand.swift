import ArgumentParser
import Daemon
import JSON

/// Checks a deployment end to end.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check a deployment and say what to mend.",
        discussion: """
            On its machine everything is looked at, with --url the way through nginx only. \
            The status is 1 if anything fails.
            """)

    @OptionGroup var hub: HubOptions

    func run() throws {
        let deployment = try Deployment(hub)
        let terminal = LineOutput(environment: ProcessEnvironment.variables())
        var findings: [Finding] = []
        func show(_ more: [Finding]) {
            findings += more
            guard !hub.json else { return }
            for finding in more { finding.lines(terminal).forEach(Output.line) }
        }
        if let paths = deployment.paths { show(LocalChecks(paths: paths).run()) }
        if deployment.paths != nil {
            let own = FileSystem.directory(of: FileSystem.ownExecutable())
            show(SandboxChecks(programs: own).run())
        }
        if let paths = deployment.paths { show(VersionChecks(paths: paths).run()) }
        show(site(deployment))
        show(MachineChecks(tls: deployment.tls, database: deployment.paths?.database).run())
        let hasFailed = findings.contains { $0.level == .fail }
        if hub.json {
            Output.json([
                "ok": .bool(!hasFailed), "findings": .array(findings.map(\.json)),
            ])
        }
        if hasFailed { throw ExitCode(1) }
    }

    private func site(_ deployment: Deployment) -> [Finding] {
        guard let origin = deployment.origin else {
            return [
                .warn(
                    "site", "the address of this installation is not known",
                    "put its name into the site (server_name), or check `doctor --url https://HOST`"
                )
            ]
        }
        return SiteChecks(origin: origin, trust: deployment.trust, key: deployment.key).run()
    }
}
