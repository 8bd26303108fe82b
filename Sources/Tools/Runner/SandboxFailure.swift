/// Why a command did not run for want of a sandbox.
public struct SandboxFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// From a fixed set, for metrics.
    public let label: String
    /// What was missing, in words for the model and the log.
    public let description: String

    /// Nil where the command ran.
    init?(_ result: CommandRun.Result) {
        switch result.end {
        case .exited, .lost: return nil
        case .failedToStart:
            label = "walls"
            description = result.text.isEmpty ? "it ended without a word" : result.text
        case .stopped(let stop):
            guard let label = stop.failure else { return nil }
            self.label = label
            description = stop.note(timeout: .zero)
        }
    }

    private init(label: String, description: String) {
        self.label = label
        self.description = description
    }

    /// - Parameter programs: of which one is not there.
    static func missing(_ programs: Programs) -> SandboxFailure {
        let package = programs.bubblewrap == nil
        let remedy =
            package
            ? "bubblewrap has to be installed (Debian: apt-get install bubblewrap)"
            : "\(StageProgram.name) has to be beside switchboard-agent (make install puts it there)"
        return SandboxFailure(
            label: package ? "bubblewrap" : "stage",
            description:
                "Nothing was run: the sandbox is missing on this machine, and commands run in it "
                + "only. \(remedy). `switchboard doctor` says more.")
    }
}

extension SandboxStop {
    fileprivate var failure: String? {
        switch self {
        case .startFailed: "late"
        case .unbounded: "unbounded"
        case .unmeasured: "unmeasured"
        case .cancelled, .timedOut, .tooMuchOutput, .tooManyProcesses, .tooMuchMemory: nil
        }
    }
}
