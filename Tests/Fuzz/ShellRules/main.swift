// What "always allow" remembers: two lines, a call that was allowed and one that comes later. The
// last bit of the first byte chooses the tool: 0 is a shell, 1 writes files.

import FuzzSupport
import Protocol
import Realtime

/// Each of these behind a simple command makes two of it, a redirection, or another word.
let joints = [";", "&", "&&", "|", "||", "\n", ">", "$(", "`", "\\", "*", "{a,b}"]

/// Two names that look alike in Unicode are two files, so everything is compared by its bytes.
func bytes(_ words: [String]) -> [[UInt8]] { words.map { Array($0.utf8) } }

func parts(_ path: String) -> [[UInt8]] {
    path.utf8.split(separator: UInt8(ascii: "/")).map(Array.init).filter { $0 != Array(".".utf8) }
}

func derive(_ tool: String, _ call: String) -> PermissionRule? {
    let subject = PermissionSubject(toolName: tool, command: call)
    guard case .remember(let rule) = PermissionRule.derive(toolName: tool, from: subject) else {
        return nil
    }
    return rule
}

func allows(_ rule: PermissionRule, _ call: String, by tool: String? = nil) -> Bool {
    let subject = PermissionSubject(toolName: rule.toolName, command: call)
    return rule.allows(toolName: tool ?? rule.toolName, subject)
}

func check(_ rule: PermissionRule, from call: String, _ later: String) {
    precondition(allows(rule, call), "a rule does not cover what it came from")
    precondition(!allows(rule, call, by: "Other"), "a rule is of another tool")
    precondition(PermissionRule(wireJSON: rule.wireJSON) == rule, "sent, it is another rule")
    let isAllowed = allows(rule, later)
    let other = derive(rule.toolName, later)
    precondition((other.map(rule.covers) ?? false) == isAllowed, "a call is judged in two ways")
    switch rule.scope {
    case .path(let path):
        if isAllowed { checkBeneath(path, later) }
    case .command(let words), .commandPrefix(let words):
        checkTyped(rule, words)
        for joint in joints {
            precondition(derive("Bash", call + joint + later) == nil, "two commands in one rule")
            precondition(!allows(rule, call + joint + later), "a rule covers two commands")
        }
        if isAllowed { checkSame(rule, words, later) }
    }
}

func checkBeneath(_ path: String, _ later: String) {
    precondition(parts(later).starts(with: parts(path)), "a rule covers another folder")
    precondition(!parts(later).contains(Array("..".utf8)), "a rule lets a path climb")
    precondition(later.hasPrefix("/") == path.hasPrefix("/"), "a rule covers another root")
}

/// What is allowed unasked is the same command, or begins with it and only reads.
func checkSame(_ rule: PermissionRule, _ words: [String], _ later: String) {
    guard let command = try? SimpleCommand(parsing: later) else {
        preconditionFailure("a rule covers what cannot be read")
    }
    precondition(bytes(command.words).starts(with: bytes(words)), "a rule covers another command")
    precondition(!DangerousPrograms.contains(command), "a rule covers a dangerous program")
    precondition(
        command.words.count == words.count || HarmlessPrograms.accepts(command.words),
        "a rule covers arguments that no grammar knows")
    if case .command = rule.scope {
        precondition(command.words.count == words.count, "a rule covers further arguments")
    }
}

/// What people are shown is, typed, what is remembered.
func checkTyped(_ rule: PermissionRule, _ words: [String]) {
    guard !words.contains(where: { $0.utf8.contains(UInt8(ascii: "'")) }) else { return }
    let shown = rule.description.utf8
    let typed =
        if case .command = rule.scope {
            shown.dropFirst("exactly: ".utf8.count)
        } else {
            shown.dropLast(", also with further arguments that only read".utf8.count)
        }
    guard typed.count <= SimpleCommand.maximumBytes else { return }
    let read = (try? SimpleCommand(parsing: String(Substring(typed))))?.words ?? []
    precondition(bytes(read) == bytes(words), "people are shown another command")
}

Fuzzer.run { bytes in
    guard let first = bytes.first else { return }
    let lines = bytes.dropFirst().split(
        separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false
    ).map { String(decoding: $0, as: UTF8.self) }
    guard let call = lines.first, let rule = derive(first & 1 == 0 ? "Bash" : "Write", call) else {
        return
    }
    check(rule, from: call, lines.count > 1 ? lines[1] : "")
}
