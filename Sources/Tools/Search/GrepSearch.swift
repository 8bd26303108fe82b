/// Grep: contents that match a regular expression.
struct GrepSearch: FolderSearch {
    let input: GrepInput

    var path: String? { input.path }
    var takesFile: Bool { true }

    /// bash gets the model's words as arguments that it never reads as its own.
    func arguments(ripgrep: String, place: String) -> [String] {
        let filters = filters
        return ["/bin/bash", "-c", Self.script, "bash", ripgrep, oddLine, String(filters.count)]
            + filters + options + ["-e", input.pattern, "--", SearchPlace.argument(place)]
    }

    func outcome(
        of found: CapturedOutput, _ place: String, in workspace: Workspace,
        _ cancellation: Cancellation
    ) -> ToolOutcome {
        var (output, errors) = Self.parts(of: found.bytes)
        if output.isEmpty, !found.isComplete, !errors.isEmpty {
            return .failure(ShownText.clean(errors))
        }
        if case .exited(Self.tooManyOddFiles) = found.end {
            return .failure(
                "More than \(ToolLimits.maximumConvertedFiles) files end lines in a carriage return, "
                    + "and each has to be converted first. Search in a folder, or with a glob.")
        }
        let lines = GrepLines(output, input)
        output = []
        guard !lines.all.isEmpty || !found.isComplete else {
            let note = FileName.note(unshown: lines.unshownFiles)
            return ToolOutcome(text: note.isEmpty ? "Nothing matches." : note)
        }
        let shown = lines.all.prefix(input.headLimit ?? lines.all.count)
        let rest = lines.all.count - shown.count
        let notes = [
            rest > 0 ? "(\(rest) more lines; raise head_limit to see them.)" : "",
            FileName.note(unshown: lines.unshownFiles), found.shortfall,
        ]
        var collector = OutputCollector(keptIn: workspace.outputs)
        collector.append(Array(shown.joined(separator: [0x0A]))[...])
        let parts = [collector.text()] + notes
        return ToolOutcome(
            text: parts.filter { !$0.isEmpty }.joined(separator: "\n"),
            isError: !found.isComplete && shown.isEmpty,
            fullOutputPath: collector.fullOutputPath)
    }

    /// What decides which files are searched.
    private var filters: [String] {
        var arguments = FolderListing.common
        if let glob = input.glob { arguments += ["--glob", glob] }
        if let type = input.type { arguments += ["--type", type] }
        if input.isMultiline {
            // They are held in memory as a whole.
            arguments += ["--max-filesize", String(ToolLimits.maximumMultilineFileBytes)]
        }
        return arguments
    }

    private var options: [String] {
        var arguments = [
            "--color", "never", "--max-columns", "500", "--max-columns-preview", "--no-heading",
            "--with-filename", "--null", "--crlf", "--sort", "path",
        ]
        if input.ignoresCase { arguments.append("--ignore-case") }
        if input.isMultiline { arguments += ["--multiline", "--multiline-dotall"] }
        switch input.outputMode {
        case .filesWithMatches: arguments.append("--files-with-matches")
        case .count: arguments.append("--count")
        case .content: arguments += ["-n", "-B\(input.linesBefore)", "-A\(input.linesAfter)"]
        }
        return arguments
    }

    /// What a line holds whose ends ripgrep doesn't see as such.
    ///
    /// A pattern over several lines needs
    /// line feeds everywhere; else CR LF is known.
    private var oddLine: String { input.isMultiline ? #"\r"# : #"(?-u)\r[^\n]"# }

    /// The status of a search that would convert too many files.
    private static let tooManyOddFiles = 120

    /// Begins what ripgrep complained about; no line of its own begins so.
    private static let errorMark: [UInt8] = [0, 0, 0x0A]

    private static func parts(of bytes: [UInt8]) -> ([UInt8], [UInt8]) {
        // The last one: a file may hold anything.
        let tail = max(0, bytes.count - 4_096)
        for start in stride(from: bytes.count - errorMark.count, through: tail, by: -1)
        where bytes[start...].starts(with: errorMark) {
            return (Array(bytes[..<start]), Array(bytes[(start + errorMark.count)...]))
        }
        return (bytes, [])
    }

    /// Converts files with carriage returns that ripgrep would take for a part of a line, on the
    /// way, so that lines are those that Read shows.
    ///
    /// UTF-16 stays: ripgrep converts it itself.
    private static let script = #"""
        rg=$1 odd=$2 count=$3; shift 3
        filters=("${@:1:count}") place=${@: -1}
        mapfile -d '' -t convert < <("$rg" "${filters[@]}" -l --null -e "$odd" -- "$place" 2>/dev/null |
            head -z -n \#(ToolLimits.maximumConvertedFiles + 1) | LC_ALL=C sed -z \
            -e 's/^\.//' -e 's/[][*?{}\\!]/\\&/g' -e 's/[\x80-\xff]/?/g' -e 's/^/--pre-glob=/')
        if ((${#convert[@]} > \#(ToolLimits.maximumConvertedFiles))); then
            exit \#(tooManyOddFiles)
        fi
        if ((${#convert[@]})); then
            printf '%s\n' '#!/bin/bash' \
                'case $(head -c 2 -- "$1" | od -An -tx1) in " ff fe" | " fe ff") exec cat ;; esac' \
                'exec sed -e "s/\r$//" -e "s/\r/\n/g"' >/tmp/lines
            chmod 700 /tmp/lines
            convert=(--pre /tmp/lines "${convert[@]}")
        fi
        "$rg" "${convert[@]}" "$@" 2>/tmp/errors
        code=$?
        if ((code > 1)); then printf '\0\0\n'; head -c 2000 /tmp/errors; fi
        exit $code
        """#
}
