// Glob and Grep.
extension ToolRunner {
    /// Looks at the place on a thread, lists or searches in a sandbox, answers on a thread again.
    func search(
        _ search: some FolderSearch, _ call: PreparedCall, in workspace: Workspace, _ run: ToolRun
    ) {
        guard let ripgrep = programs.ripgrep else {
            return answer(
                run,
                .failure(
                    "\(call.call.name) was not run: it needs ripgrep, which is missing on this "
                        + "machine. The operator has to install it (Debian: apt-get install "
                        + "ripgrep); until then use grep or find in Bash."))
        }
        work(on: files, call, in: workspace, run) { _ -> Result<String, PathError> in
            do throws(PathError) {
                return .success(try SearchPlace.find(search, in: workspace))
            } catch {
                return .failure(error)
            }
        } then: { [weak self] found in
            switch found {
            case .failure(let error): run.end(.failure(error))
            case .success(let place):
                let arguments = search.arguments(ripgrep: ripgrep, place: place)
                self?.start(arguments, search, call, at: place, in: workspace, run)
            }
        }
    }

    private func start(
        _ arguments: [String], _ search: some FolderSearch, _ call: PreparedCall, at place: String,
        in workspace: Workspace, _ run: ToolRun
    ) {
        let command = CommandCalls.Command(
            arguments: arguments, access: .readOnly, timeout: ToolLimits.searchTime,
            isCaptured: true)
        commands.start(command, call, in: workspace, run, { _ in }) { [weak self] result in
            guard let self, result.hasSearched else {
                return run.end(result.outcome(timeout: ToolLimits.searchTime))
            }
            let found = CapturedOutput(bytes: result.captured, end: result.end)
            work(on: files, call, in: workspace, run) {
                search.outcome(of: found, place, in: workspace, $0)
            } then: {
                run.end($0)
            }
        }
    }
}

extension CommandRun.Result {
    /// Whether there may be something to show.
    fileprivate var hasSearched: Bool {
        switch end {
        case .exited, .stopped(.timedOut), .stopped(.tooMuchOutput): true
        case .stopped, .failedToStart, .lost: false
        }
    }
}
